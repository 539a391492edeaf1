import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { startBackups } from '../../activities/start-backups.ts';
import { startFailover } from '../../activities/start-failover.ts';
import { stopWatching } from '../../activities/stop-watching.ts';
import { backupPlan } from '../../cluster/backup-plan.ts';
import type { StepInputs } from '../../cluster/steps.ts';
import * as contract from '../../workflows/contract.ts';
import { backupsWentSignal } from '../client/stand-in/workflows.ts';
import { smallSpec, useStandIns } from '../client/stand-in/world.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const world = useStandIns();
const handle = (id: string) => world.env.client.workflow.getHandle(id);
const environment = () =>
  new MockActivityEnvironment({ taskQueue: contract.taskQueue }, { client: world.env.client });

const spec = smallSpec('demo');
beforeEach(async () => {
  for (const id of [contract.failoverId('demo'), contract.backupId('demo')])
    await handle(id)
      .terminate('by a test')
      .catch(() => undefined);
});

const options = () => ({ environment: environment() });

describe('start-failover', () => {
  const start = (of = spec) =>
    callStep(
      startFailover,
      { spec: of } as unknown as StepInputs['start-failover'],
      [fakeHost('bastion-1')],
      options(),
    );
  const id = () => contract.failoverId(spec.name);
  const watched = () => handle(id()).query(contract.specQuery);

  test('begins to watch a cluster that nothing watches, findable by its name', async () => {
    expect(await start()).toMatchObject({ changed: true });
    expect(await watched()).toEqual(spec);
    const { typedSearchAttributes } = await handle(id()).describe();
    expect(typedSearchAttributes.get(contract.clusterAttribute)).toBe(spec.name);
    expect(typedSearchAttributes.get(contract.stateAttribute)).toBe('watching');
  });

  test('leaves one alone that watches with this very spec', async () => {
    await start();
    expect(await start()).toMatchObject({ changed: false });
  });

  test('tells one that watches with an older spec, and begins no second', async () => {
    await start();
    const { runId } = await handle(id()).describe();
    const newer = { ...spec, failover: { ...spec.failover, healsAnHour: 7 } };
    expect(await start(newer)).toMatchObject({ changed: true });
    expect(await watched()).toEqual(newer);
    expect((await handle(id()).describe()).runId).toBe(runId);
  });

  test('begins anew after one that was terminated, whose answer no longer counts', async () => {
    await start();
    await handle(id()).terminate('by a test');
    expect(await start()).toMatchObject({ changed: true });
    expect((await handle(id()).describe()).status.name).toBe('RUNNING');
  });

  test('one that is open and does not answer is not called well, nor begun a second time', async () => {
    await start();
    const { runId } = await handle(id()).describe();
    await world.stopWorker();
    try {
      expect(await failureOf(start())).toMatchObject({
        type: 'NotYet',
        message: expect.stringContaining('failover is open and does not say what it watches') as string,
      });
    } finally {
      await world.startWorker();
    }
    expect((await handle(id()).describe()).runId).toBe(runId);
  });
});

describe('start-backups', () => {
  const file = 'etcd-20260102T030405Z.db.gz.age';
  const bastion = () =>
    fakeHost('bastion-1').on(/^cd \/var\/lib\/holdfast\/demo\/backups /, { stdout: `${file} 5 n\n` });
  const start = (of = spec) => callStep(startBackups, { plan: backupPlan(of) }, [bastion()], options());
  const id = () => contract.backupId(spec.name);
  const plan = () => handle(id()).query(contract.backupPlanQuery);

  test('begins backups by this plan, and leaves those alone that keep it', async () => {
    expect(await start()).toMatchObject({ changed: true });
    expect(await plan()).toEqual(backupPlan(spec));
    expect(await start()).toMatchObject({ changed: false });
  });

  test('tells those that keep an older plan', async () => {
    await start();
    const newer = { ...spec, backup: { ...spec.backup, keep: spec.backup.keep + 1 } };
    expect(await start(newer)).toMatchObject({ changed: true });
    expect(await plan()).toEqual(backupPlan(newer));
  });

  test('has another made where the last one was not well, and says how that went', async () => {
    await start();
    await handle(id()).signal(backupsWentSignal, 'backup-etcd: no etcd yet', undefined);
    const { changed, summary } = await start();
    expect(changed).toBe(true);
    expect(summary).toContain('the last one was not well, a new one is');
    expect(await start()).toMatchObject({ changed: false });
    await handle(id()).signal(backupsWentSignal, 'backup-etcd: no etcd yet', 'check-backup: no key opens it');
    const still = await start();
    expect(still.summary).toContain('not well: check-backup: no key opens it');
    expect(still.changed).toBe(false);
  });

  test('has another made where the newest that is known is not there: it is of a cluster before this one', async () => {
    await start();
    await handle(id()).signal(backupsWentSignal, undefined, undefined, '2026-01-02T03:04:05.000Z');
    expect(await start()).toMatchObject({ changed: false });
    await handle(id()).signal(backupsWentSignal, undefined, undefined, '2025-12-31T23:00:00.000Z');
    expect(await start()).toMatchObject({
      changed: true,
      summary: expect.stringContaining(
        'of 2025-12-31T23:00:00.000Z, is not on the bastion, a new one is',
      ) as string,
    });
  });

  test('begins anew after those that were terminated', async () => {
    await start();
    await handle(id()).terminate('by a test');
    expect(await start()).toMatchObject({ changed: true });
    expect((await handle(id()).describe()).status.name).toBe('RUNNING');
  });
});

describe('stop-watching', () => {
  const stop = () => callStep(stopWatching, {}, [fakeHost('bastion-1')], options());
  const stateOf = async (id: string) => (await handle(id).describe()).status.name;

  test('ends what watches and backs up the cluster, and finds nothing a second time', async () => {
    const ids = [contract.failoverId('demo'), contract.backupId('demo')];
    const spec = { spec: smallSpec('demo') } as unknown as StepInputs['start-failover'];
    await callStep(startFailover, spec, [fakeHost('bastion-1')], options());
    await callStep(startBackups, { plan: backupPlan(smallSpec('demo')) }, [fakeHost('bastion-1')], options());
    expect(await stop()).toEqual({ changed: true, summary: `ended: ${ids.join(', ')}` });
    expect(await Promise.all(ids.map(stateOf))).toEqual(['TERMINATED', 'TERMINATED']);
    expect(await stop()).toEqual({ changed: false, summary: 'nothing watches the cluster' });
  });
});
