import { Context } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { waits } from '../../workflows/failover/promotion-words.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { allLost, lost, promoted, well } from './failover-pictures.ts';
import { type FailoverStory, Scene, useFailoverWorld } from './failover-world.ts';
import { recordRun } from './record.ts';
import { fail } from './world.ts';

/** Events of a run after which the server suggests to continue as new; Temporal's own default is 4096. */
const suggested = 120;
const world = useFailoverWorld([`limit.historyCount.suggestContinueAsNew=${suggested}`]);

const masters = Object.keys(lost.masters);
const begun = { candidate: 'worker-1', lost: masters, controlPlane: masters, reason: 'lost', by: 'failover' };

/** All masters are lost; a bring-up that goes on stands for the promotion that is open. */
function withAnOpenChange(): Scene {
  const scene = new Scene();
  scene.picture = allLost;
  scene.script.fetchKubespray = (_, signal) =>
    new Promise((_resolve, reject) => {
      const beats = setInterval(() => Context.current().heartbeat(), 50);
      signal.addEventListener('abort', () => {
        clearInterval(beats);
        reject(signal.reason as Error);
      });
    });
  return scene;
}

/** A run ends between two watches: what one turn adds at the most, all signals of this test included. */
const slack = 150;

// Each waits for most of its time: one after the other they would be what the whole run ends with.
describe.concurrent('a promotion that waits for a person', () => {
  const parked = async (story: FailoverStory, scene: Scene): Promise<void> => {
    await story.watching();
    scene.picture = allLost;
    await story.until(({ waitingFor }) => waitingFor?.reason === 'promotion-waits');
    const first = (await story.status()).runId;
    const pictures = [pictureOf({ ...lost, nfs: false }), allLost];
    for (let turn = 0; turn < 40; turn += 1) {
      const { runId } = await story.status();
      if (runId !== first && turn % 2 === 0) break;
      const { length } = scene.watches;
      scene.picture = pictures[turn % 2] ?? allLost;
      await story.when(() => scene.watches.length > length);
    }
    const { runId, state, waitingFor } = await story.status();
    expect(runId).not.toBe(first);
    expect([state, waitingFor?.reason]).toEqual(['promoting', 'promotion-waits']);
  };

  test('goes on over a continue-as-new: a person’s retry reaches it, and its end is heard', async () => {
    const scene = new Scene();
    scene.script.checkWrites = () => fail('ProblemFound', 'bastion-1', 'check-writes');
    await world.run(scene, async (story) => {
      await parked(story, scene);
      scene.script.checkWrites = () => void (scene.picture = promoted());
      await story.signal('retry', {});
      const { state, controlPlane } = await story.until(({ promoted }) => promoted.length > 0);
      expect(controlPlane).toContain('worker-1');
      expect(state).not.toBe('promoting');
      await recordRun(story.env, 'failover-7', story.failover.workflowId);
    });
  });

  test('and is terminated while its candidate is lost keeps nobody from being promoted', async () => {
    const scene = withAnOpenChange();
    scene.script.checkWrites = () => void (scene.picture = promoted(allLost, 'worker-2'));
    const run = async (story: FailoverStory): Promise<void> => {
      await story.bringUp();
      const { runId } = await story.change.describe();
      await story.start({ promotion: { ...begun, runId }, wait: waits(story.cluster, begun) });
      await story.watching();
      await story.change.terminate('by a test');
      scene.picture = pictureOf({ off: [...masters, 'worker-1'], leases: [] });
      const { controlPlane } = await story.until(({ promoted }) => promoted.length > 0);
      expect(controlPlane).toContain('worker-2');
    };
    await world.run(scene, run, { unwatched: true });
  });

  test.each([
    ['aborted', 'it failed, or was aborted'],
    ['terminated', 'its end was not told'],
  ])('and is %s after one is known to be over', async (how, why) => {
    const scene = withAnOpenChange();
    const run = async (story: FailoverStory): Promise<void> => {
      if (how === 'aborted') await story.bringUp();
      const runId = how === 'aborted' ? (await story.change.describe()).runId : 'gone';
      await story.start({ promotion: { ...begun, runId }, wait: waits(story.cluster, begun) });
      await story.until(({ picture }) => picture !== undefined);
      if (how === 'aborted') {
        const ended = { workflowType: 'promote', runId, state: 'failed', promotion: begun };
        await story.change.terminate('by a test');
        await story.signal('changeEnded', ended);
      }
      const ended = `the promotion of worker-1 ended before its last step: ${why}`;
      await story.until(({ events }) => events.some(({ what }) => what.startsWith(ended)));
    };
    await world.run(scene, run, { unwatched: true });
  });
});

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
