import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Picture } from '../../cluster/failover/picture.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';
import * as contract from '../../workflows/contract.ts';
import { exampleCluster } from '../cluster/example.ts';
import { lookAt } from '../cluster/restore/looks.ts';
import { allLost, lost, promoted, well } from './failover-pictures.ts';
import { Scene, useFailoverWorld } from './failover-world.ts';
import { recordRun } from './record.ts';
import { fail } from './world.ts';

const world = useFailoverWorld();
const look = lookAt(exampleCluster('twelve-hosts'));
const masters = ['master-1', 'master-2', 'master-3'];
const manual = (spec: Cluster): Cluster => ({ ...spec, failover: { ...spec.failover, mode: 'manual' } });

/** A scene in which the promoted worker node is seen to serve once its promotion has come to its end. */
function promotable(): Scene {
  const scene = new Scene();
  scene.script.checkWrites = () => void (scene.picture = promoted());
  return scene;
}

describe('all masters are lost', () => {
  test('a worker node is promoted, that is written down, and people are told once of each state', async () => {
    const scene = promotable();
    await world.run(scene, async (story) => {
      await story.watching();
      scene.picture = allLost;
      const { controlPlane } = await story.until(({ promoted }) => promoted.length > 0);
      expect(controlPlane).toEqual([...masters, 'worker-1']);
      expect((await story.changeInput()).promotion).toMatchObject({
        candidate: 'worker-1',
        lost: masters,
        controlPlane: masters,
        by: 'failover',
      });
      const { candidates } = await story.until(
        ({ state, candidates }) => state === 'degraded' && candidates['worker-2'] != null,
      );
      expect(candidates).not.toHaveProperty('worker-1');
      await story.when(() => scene.notices.length === 3);
      expect(scene.notices.map((notice) => notice.state)).toEqual(['degraded', 'promoting', 'degraded']);
      await recordRun(story.env, 'failover-2', story.failover.workflowId);
      await recordRun(story.env, 'promote', story.change.workflowId);
    });
  });

  test('a worker node is promoted where SSH is open to the bastion alone', async () => {
    const closed = pictureOf({ ...lost, sshForBastion: true });
    const scene = new Scene();
    scene.script.checkWrites = () => void (scene.picture = promoted(closed));
    await world.run(scene, async (story) => {
      await story.watching();
      scene.picture = closed;
      await story.until(({ promoted }) => promoted.length > 0);
      await recordRun(story.env, 'failover-10', story.failover.workflowId);
    });
  });

  const full = { problem: 'host', why: 'its disk is full' } as const;
  const unknown = { problem: 'unknown', why: 'no place of the backup answers' } as const;
  test.each([
    ['that is not ready any more is passed over', { 'worker-1': full, 'worker-2': {} }, 'worker-2'],
    [
      'of which nothing is found out is what was known',
      { 'worker-1': unknown, 'worker-2': full },
      'worker-1',
    ],
  ] as const)(
    'candidates that were ready ten minutes ago are looked at once more: one %s',
    async (_, now, chosen) => {
      const scene = promotable();
      scene.readiness = now;
      scene.script.checkWrites = () => void (scene.picture = promoted(allLost, chosen));
      scene.picture = allLost;
      await world.run(
        scene,
        async (story) => {
          const readiness = { 'worker-1': {}, 'worker-2': {} };
          await story.start({ lookedAt: Date.now() - 600_000, readiness });
          const status = await story.until(({ promoted }) => promoted.length > 0);
          expect(status.promoted).toEqual([chosen]);
          expect(scene.calls[0]).toBe('checkCandidates');
        },
        { unwatched: true },
      );
    },
  );

  test('a candidate that is lost in its promotion is given up, and the next one promoted', async () => {
    const scene = new Scene();
    const isNext = ({ target }: Record<string, unknown>) => (target as { name: string }).name === 'worker-2';
    // It hangs until it is cancelled, as a connection to a host that is off does.
    scene.script.restorePki = async (call, signal) => {
      for (; !isNext(call); await sleep(50)) {
        signal.throwIfAborted();
        Context.current().heartbeat();
      }
    };
    scene.script.checkWrites = () => void (scene.picture = promoted(allLost, 'worker-2'));
    scene.picture = allLost;
    await world.run(scene, async (story) => {
      await story.until(({ state }) => state === 'promoting');
      await story.when(() => scene.calls.includes('restorePki worker-1'));
      scene.picture = pictureOf({ off: [...masters, 'worker-1'], leases: [] });
      const { events, controlPlane, refused } = await story.until(({ promoted }) => promoted.length > 0);
      expect(controlPlane).toEqual([...masters, 'worker-2']);
      expect(refused).toEqual([]);
      expect(events.map(({ what }) => what)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^the promotion of worker-1 was given up: SSH and API of it/),
        ]),
      );
      // The API is silent all the while: neither a person nor a minute is waited for.
      expect(events.filter(({ what }) => what.includes('cooldown'))).toEqual([]);
      expect((await story.changeInput()).promotion).toMatchObject({ candidate: 'worker-2', by: 'failover' });
      expect(scene.notices.map((notice) => notice.state)).toContain('promoting');
    });
  });

  test('a candidate that was unfit before is looked at again where the one that is being promoted is lost', async () => {
    const scene = new Scene();
    scene.readiness = {
      'worker-1': {},
      'worker-2': { problem: 'host', why: 'its container runtime does not answer' },
    };
    scene.script.restorePki = async (call, signal) => {
      for (; (call.target as { name: string }).name === 'worker-1'; await sleep(50)) {
        signal.throwIfAborted();
        Context.current().heartbeat();
      }
    };
    scene.script.checkWrites = () => void (scene.picture = promoted(allLost, 'worker-2'));
    scene.picture = allLost;
    await world.run(scene, async (story) => {
      await story.when(() => scene.calls.includes('restorePki worker-1'));
      scene.readiness = { 'worker-1': {}, 'worker-2': {} };
      scene.picture = pictureOf({ off: [...masters, 'worker-1'], leases: [] });
      const { controlPlane } = await story.until(({ promoted }) => promoted.length > 0);
      expect(controlPlane).toEqual([...masters, 'worker-2']);
    });
  });

  test('masters that return are marked as soon as they are registered', async () => {
    const scene = promotable();
    scene.picture = allLost;
    const returned = (node: { ready: boolean; controlPlane: boolean }): Picture => {
      const picture = promoted(well);
      const back = Object.fromEntries(masters.map((name) => [name, node]));
      return { ...picture, nodes: { ...picture.nodes, ...back } };
    };
    scene.script.markControlPlane = () =>
      void (scene.picture = returned({ ready: false, controlPlane: true }));
    await world.run(scene, async (story) => {
      await story.until(({ promoted }) => promoted.length > 0);
      scene.picture = returned({ ready: false, controlPlane: false });
      await story.until(({ picture }) => picture?.nodes?.['master-1']?.controlPlane === true);
      await story.until(({ degraded }) => degraded.includes('not Ready: master-1, master-2, master-3'));
      expect(scene.calls.filter((call) => call.startsWith('mark'))).toEqual(['markControlPlane bastion-1']);
      await recordRun(story.env, 'failover-5', story.failover.workflowId);
    });
  });

  test('one that begins to watch where a worker node serves already counts it as promoted', async () => {
    const scene = new Scene();
    scene.picture = promoted(well);
    await world.run(scene, async (story) => {
      const status = await story.until(({ promoted }) => promoted.length > 0);
      expect(status).toMatchObject({ promoted: ['worker-1'], controlPlane: [...masters, 'worker-1'] });
      const { candidates } = await story.until(({ candidates }) => candidates['worker-2'] != null);
      expect(candidates).not.toHaveProperty('worker-1');
    });
  });

  test('in mode manual it waits for an approval, and who gave it and why stands in the promotion', async () => {
    const scene = promotable();
    await world.run(
      scene,
      async (story) => {
        await story.watching();
        await story.signal('approve', { reason: 'too early', by: 'ann@laptop' });
        scene.picture = allLost;
        const { waitingFor } = await story.until(({ waitingFor }) => waitingFor?.reason === 'approval');
        expect(waitingFor?.help[0]).toMatch(`holdfast approve ${story.cluster}`);
        await story.signal('approve', { reason: 'the power is gone', by: 'ann@laptop' });
        const { refused } = await story.until(({ promoted }) => promoted.length > 0);
        expect(refused).toEqual([{ signal: 'approve', why: 'nothing waits for an approval' }]);
        const { promotion } = await story.changeInput();
        expect(promotion.by).toBe('ann@laptop');
        expect(promotion.reason).toMatch(/^the power is gone \(master-1, /);
      },
      { edit: manual },
    );
  });

  test('while it is paused it watches and does nothing; once resumed it promotes', async () => {
    const scene = promotable();
    await world.run(scene, async (story) => {
      await story.watching();
      await story.signal('pause', { reason: 'the racks are moved', by: 'ann@laptop' });
      scene.picture = allLost;
      const { state, paused } = await story.until(({ decision }) => decision.do === 'promote');
      expect(state).toBe('paused');
      expect(paused?.reason).toBe('ann@laptop: the racks are moved');
      // Whoever has forgotten it is told.
      await story.when(() => scene.notices.some(({ waitingFor }) => waitingFor?.reason === 'paused'));
      expect(scene.calls).toEqual(['checkCandidates']);
      await story.signal('failover', { reason: 'now' });
      await story.signal('resume', { by: 'ann@laptop' });
      const { refused } = await story.until(({ promoted }) => promoted.length > 0);
      expect(refused[0]?.why).toMatch('it is paused');
    });
  });

  test('a watch that failed has seen nothing: what was being confirmed begins anew', async () => {
    const scene = promotable();
    await world.run(scene, async (story) => {
      await story.watching();
      const { length } = scene.watches;
      scene.picture = allLost;
      await story.when(() => scene.watches.length > length + 2);
      scene.failing = 1;
      await story.when(() => scene.failing === 0);
      const { ahead } = scene;
      await story.until(({ promoted }) => promoted.length > 0);
      expect(scene.ahead - ahead).toBeGreaterThanOrEqual(9000);
    });
  });

  test('a change that waits for a person makes room, and leaves word of what it has applied', async () => {
    const scene = promotable();
    scene.script.installPackages = (call) =>
      (call.target as { name: string }).name === 'worker-1' &&
      fail('ProblemFound', 'worker-1', 'install-packages');
    await world.run(scene, async (story) => {
      await story.watching();
      await story.bringUp();
      await story.changeWaits();
      scene.picture = allLost;
      const { events } = await story.until(({ promoted }) => promoted.length > 0);
      expect(events.map(({ what }) => what)).toEqual(
        expect.arrayContaining([
          'the change bringUp waits for a person: it is asked to make room',
          'the change bringUp ended: yielded',
        ]),
      );
    });
  });

  test('one that makes no room is asked ever less often, people are told once, and its end is heard', async () => {
    const scene = promotable();
    scene.script.lookForSnapshots = () => ({ changed: false, summary: 'looked', look });
    scene.script.saveMember = () => fail('ProblemFound', 'etcd-1', 'save-member');
    await world.run(scene, async (story) => {
      await story.watching();
      await story.restore();
      await story.changeWaits();
      await story.change.signal('approve', { reason: 'a wrong delete', by: 'ann' });
      await story.when(() => scene.calls.some((call) => call.startsWith('saveMember')));
      await story.changeWaits();
      scene.picture = allLost;
      const refusals = async () =>
        (await story.change.query(contract.statusQuery)).refused.filter(({ signal }) => signal === 'yield');
      await story.until(({ waitingFor }) => waitingFor?.reason === 'change-running');
      const deadline = Date.now() + 40_000;
      while ((await refusals()).length < 2 && Date.now() < deadline) await sleep(200);
      expect(await refusals()).toHaveLength(2);
      await story.until(({ waitingFor }) => waitingFor?.reason === 'change-running');
      const told = scene.notices.filter(({ waitingFor }) => waitingFor?.reason === 'change-running');
      expect(told, JSON.stringify(scene.notices, null, 1)).toHaveLength(1);
      await recordRun(story.env, 'failover-8', story.failover.workflowId);
      await story.change.signal(contract.abortSignal, { reason: 'the masters are lost' });
      const { events } = await story.until(({ promoted }) => promoted.length > 0);
      expect(events.filter(({ what }) => what.includes('asked to make room'))).toHaveLength(1);
    });
  });

  test('a change that works is waited for, and its end is heard at once', async () => {
    const scene = promotable();
    let ends = (): void => undefined;
    scene.script.fetchKubespray = () => new Promise<void>((resolve) => (ends = resolve));
    await world.run(scene, async (story) => {
      await story.watching();
      await story.bringUp();
      await story.when(() => scene.calls.includes('fetchKubespray bastion-1'));
      scene.picture = allLost;
      const { waitingFor } = await story.until(({ waitingFor }) => waitingFor?.reason === 'change-running');
      expect(waitingFor?.help).toContain(`holdfast watch ${story.cluster}`);
      ends();
      await story.until(({ promoted }) => promoted.length > 0);
    });
  });
});
