import { expect, test } from 'vitest';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { well } from './failover-pictures.ts';
import { Scene, useFailoverWorld } from './failover-world.ts';

/** Events of a run after which the server suggests to continue as new; Temporal's own default is 4096. */
const suggested = 120;
const world = useFailoverWorld([`limit.historyCount.suggestContinueAsNew=${suggested}`]);

/** A run ends between two watches: what one turn adds at the most, all signals of this test included. */
const slack = 150;

test('over every continue-as-new no signal is lost, and what is known goes on', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    const first = (await story.status()).runId;
    await story.signal('pause', { reason: 'a long night', by: 'ann@laptop' });
    const pictures = [well, pictureOf({ masters: { 'master-2': 'off' } })];
    for (let turn = 0; turn < 80; turn += 1) {
      scene.picture = pictures[turn % 2] ?? well;
      const hosts = ['a', 'b', 'c'].map((name) => `${name}-${turn}`);
      await Promise.all(hosts.map((host) => story.signal('forget', { host })));
      await story.until(({ refused }) =>
        hosts.every((host) => refused.some(({ why }) => why.includes(host))),
      );
    }
    const { paused, runId } = await story.status();
    expect(paused?.reason).toBe('ann@laptop: a long night');
    expect(runId).not.toBe(first);
    const runs = await story.runs();
    expect(runs.length).toBeGreaterThan(4);
    for (const { historyLength } of runs) expect(historyLength).toBeLessThan(suggested + slack);
  });
});
