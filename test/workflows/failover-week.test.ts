import { expect, test } from 'vitest';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { well } from './failover-pictures.ts';
import { Scene, useFailoverWorld } from './failover-world.ts';

const hour = 3_600_000;
const week = 7 * 24 * hour;
/** A fifth of the bytes that Temporal lets a run have: 50 MB (its default). Of its 51,200 events about a hundredth. */
const mostBytes = (50 * 1024 * 1024) / 5;
/** Events after which a run ends by itself, and what may come between that and its end: replayed within seconds. */
const soon = 400 + 150;
const world = useFailoverWorld();

test('a week of watching, with a master gone for half a minute every twelve hours, keeps each run small and loses no signal', async () => {
  const scene = new Scene();
  const start = Date.now();
  const gap = 6 * hour;
  const gone = pictureOf({ masters: { 'master-2': 'off' } });
  scene.days = (at) => {
    const into = (at - start) % (12 * hour);
    const isGone = into >= gap && into < gap + 30_000;
    const next = isGone ? gap + 30_000 : into < gap ? gap : 12 * hour + gap;
    return { picture: isGone ? gone : well, changes: at - into + next };
  };
  await world.run(scene, async (story) => {
    await story.signal('pause', { reason: 'a long night', by: 'ann@laptop' });
    let sent = 0;
    for (; scene.ahead < week; sent += 1) {
      await story.when(() => scene.ahead >= Math.min(week, sent * 6 * hour));
      const host = `host-${sent}`;
      await story.signal('forget', { host });
      await story.until(({ refused }) => refused.some(({ why }) => why.includes(`${host} `)));
    }
    expect(sent).toBeGreaterThan(20);
    expect((await story.status()).paused?.reason).toBe('ann@laptop: a long night');
    const runs = await story.runs();
    expect(runs.length).toBeGreaterThan(1);
    for (const { historyLength, historySize } of runs) {
      expect(historyLength).toBeLessThan(soon);
      expect(historySize).toBeGreaterThan(0);
      expect(historySize).toBeLessThan(mostBytes);
    }
  });
});
