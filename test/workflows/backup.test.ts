import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { type BackupPlan, backupPlan } from '../../cluster/backup-plan.ts';
import type { BackupStatus } from '../../cluster/backup-status.ts';
import type { BackupHealth } from '../../cluster/failover/status.ts';
import { findProgram, testServerProgram } from '../../worker/embedded/find-program.ts';
import * as contract from '../../workflows/contract.ts';
import type { backup } from '../../workflows/index.ts';
import { exampleCluster } from '../cluster/example.ts';
import { codeOf } from './code.ts';
import { recordRun } from './record.ts';
import { quietRuntime } from './servers.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
let env: TestWorkflowEnvironment;
let code = '';
let count = 0;

beforeAll(async () => {
  quietRuntime();
  const path = await findProgram(testServerProgram);
  const workflowsPath = new URL('./backup-workflows.ts', import.meta.url).pathname;
  [env, code] = await Promise.all([
    TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }),
    codeOf(workflowsPath),
  ]);
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: { HoldfastCluster: 2, HoldfastState: 2 },
  });
});
afterAll(() => env?.teardown());

type Call = { readonly freshMinutes?: number; readonly open?: boolean };
type Script = Partial<Record<'backupEtcd' | 'backupPki' | 'checkBackup', (call: Call) => unknown>>;

class Story {
  readonly calls: string[] = [];
  readonly plan: BackupPlan;
  script: Script = {};

  constructor(plan: BackupPlan) {
    this.plan = plan;
  }

  get handle() {
    return env.client.workflow.getHandle<typeof backup>(contract.backupId(this.plan.cluster));
  }
  status = (): Promise<BackupStatus> => this.handle.query(contract.backupStatusQuery);
  heard = (): Promise<BackupHealth[]> =>
    env.client.workflow.getHandle(contract.failoverId(this.plan.cluster)).query('heard');

  /**
   * Every run so far was told. This server keeps its clock from moving while a signal is on its way from workflow to
   * workflow, and for ever where the sender is terminated meanwhile.
   */
  async toldFailover(): Promise<void> {
    const runs = () => this.calls.filter((call) => call.startsWith('checkBackup')).length;
    for (let tries = 0; tries < 300 && (await this.heard()).length < runs(); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 30));
  }

  async until(wanted: (status: BackupStatus) => boolean): Promise<BackupStatus> {
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

/** A backup workflow of the twelve hosts, and its failover workflow, on a worker of their own. */
async function run(
  story: (story: Story) => Promise<void>,
  script: Script = {},
  listens = true,
): Promise<void> {
  count += 1;
  const taskQueue = `backup-${count}`;
  const told = new Story({ ...backupPlan(exampleCluster('twelve-hosts')), cluster: `kept-${count}` });
  told.script = script;
  const does = (type: keyof Script, standard: unknown) => (call: Call) => {
    told.calls.push(type + (call.open === true ? ' open' : '') + (call.freshMinutes === 0 ? ' new' : ''));
    return told.script[type]?.(call) ?? standard;
  };
  const done = { changed: true, summary: 'done' };
  const worker = await Worker.create({
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue,
    workflowBundle: { code },
    activities: {
      backupEtcd: does('backupEtcd', done),
      backupPki: does('backupPki', { changed: false, summary: 'as it is' }),
      checkBackup: does('checkBackup', {
        changed: false,
        summary: 'fine',
        newest: '2026-11-25T00:00:00.000Z',
      }),
      default: () => {
        throw ApplicationFailure.nonRetryable(`unknown activity ${Context.current().info.activityType}`);
      },
    },
    shutdownGraceTime: '1 s',
  });
  const ids = [contract.backupId(told.plan.cluster), contract.failoverId(told.plan.cluster)];
  await worker.runUntil(async () => {
    try {
      if (listens) await env.client.workflow.start('listener', { taskQueue, workflowId: ids[1] as string });
      await env.client.workflow.start<typeof backup>('backup', {
        taskQueue,
        workflowId: ids[0] as string,
        args: [{ plan: told.plan }],
        typedSearchAttributes: [
          { key: contract.clusterAttribute, value: told.plan.cluster },
          { key: contract.stateAttribute, value: 'watching' },
        ],
      });
      await story(told);
    } finally {
      if (listens) await told.toldFailover();
      for (const id of ids)
        await env.client.workflow
          .getHandle(id)
          .terminate()
          .catch(() => undefined);
    }
  });
}

const times = (calls: readonly string[], call: string) => calls.filter((one) => one === call).length;
const hours = (n: number) => env.sleep(n * 3_600_000);

test('begins at once, then backs up by the clock, opens the newest once a day and tells failover', async () => {
  await run(async (story) => {
    await story.until(({ last }) => last !== undefined);
    expect(story.calls).toEqual(['backupEtcd', 'backupPki', 'checkBackup open']);
    await hours(24.5);
    const status = await story.until(({ state }) => state === 'waiting');
    expect(times(story.calls, 'backupEtcd')).toBe(5);
    expect(times(story.calls, 'checkBackup open')).toBe(2);
    expect(status.health).toEqual({ newest: '2026-11-25T00:00:00.000Z' });
    expect(await story.heard()).toHaveLength(5);
    await recordRun(env, 'backup', story.handle.workflowId);
  });
});

test('without a failover workflow it backs up all the same', async () => {
  await run(
    async (story) => {
      await hours(6.5);
      await story.until(() => times(story.calls, 'backupEtcd') === 2);
    },
    {},
    false,
  );
});

test('a backup that a person asks for is a new one, is opened, and is answered with the wish’s number', async () => {
  await run(async (story) => {
    await story.until(({ last, state }) => last !== undefined && state === 'waiting');
    await story.handle.signal(contract.backupNowSignal, { by: 'ann@laptop' });
    const { asked } = await story.status();
    await story.until(({ answered }) => answered >= asked);
    expect(story.calls.slice(3)).toEqual(['backupEtcd new', 'backupPki', 'checkBackup open']);
  });
});

test('a wish that comes while a backup is made gets one of its own', async () => {
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  await run(
    async (story) => {
      while (story.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      await story.handle.signal(contract.backupNowSignal, {});
      go();
      await story.until(({ answered, state }) => answered === 1 && state === 'waiting');
      expect(times(story.calls, 'backupEtcd')).toBe(1);
      expect(times(story.calls, 'backupEtcd new')).toBe(1);
    },
    { backupEtcd: () => held.then(() => ({ changed: true, summary: 'done' })) },
  );
});

test('what failed is told, tried again within the hour, and the newest is opened until it is well', async () => {
  await run(
    async (story) => {
      story.script = {
        backupEtcd: () => {
          throw ApplicationFailure.nonRetryable('no member', 'ProblemFound', {
            kind: 'ProblemFound',
            message: 'no member gives a snapshot',
            next: 'look',
          });
        },
      };
      await hours(1);
      const ill = await story.until(({ health }) => health.problem !== undefined);
      expect(ill.health.problem).toBe('backup-etcd: no member gives a snapshot');
      expect(ill.last?.steps.map(({ step }) => step)).toEqual(['backup-etcd', 'backup-pki', 'check-backup']);
      expect((await story.heard()).at(-1)).toEqual(ill.health);
      story.script = {};
      await hours(1);
      const well = await story.until(
        ({ health, state }) => health.problem === undefined && state === 'waiting',
      );
      expect(well.last?.steps.every(({ failed }) => !failed)).toBe(true);
    },
    {
      backupEtcd: () => {
        throw ApplicationFailure.nonRetryable('no member', 'ProblemFound', {
          kind: 'ProblemFound',
          message: 'no member gives a snapshot',
          next: 'look',
        });
      },
    },
  );
});

test('a backup that cannot be opened is said until one can', async () => {
  const sealed = 'etcd-1.age cannot be opened here: no key';
  await run(
    async (story) => {
      const ill = await story.until(({ last }) => last !== undefined);
      expect(ill.health).toEqual({ newest: '2026-11-25T00:00:00.000Z', problem: `check-backup: ${sealed}` });
      expect(ill.opened).toBeUndefined();
      await hours(6.5);
      expect(times(story.calls, 'checkBackup open')).toBe(2);
      story.script = {};
      await hours(6);
      expect((await story.until(({ opened }) => opened !== undefined)).health.problem).toBeUndefined();
    },
    {
      checkBackup: () => ({
        changed: false,
        summary: sealed,
        problem: sealed,
        newest: '2026-11-25T00:00:00.000Z',
      }),
    },
  );
});

test('a new policy moves the next backup, and what is no policy is refused', async () => {
  await run(async (story) => {
    await story.until(({ last, state }) => last !== undefined && state === 'waiting');
    await story.handle.signal(contract.configureBackupSignal, { ...story.plan, everyHours: 1 });
    await story.handle.signal('configure', { everyHours: 'often' });
    await story.handle.signal('configure', { ...story.plan, cluster: 'another' });
    const { everyHours, refused } = await story.status();
    expect(everyHours).toBe(1);
    expect(refused.map(({ why }) => why)).toEqual([
      'it takes what `holdfast up` makes of a spec',
      'it is of another',
    ]);
    await hours(2.5);
    expect(times(story.calls, 'backupEtcd')).toBe(3);
  });
});

test('a week of backups every hour costs a bounded history, and no wish is lost on the way', async () => {
  await run(async (story) => {
    const { runId: first } = await story.until(({ last }) => last !== undefined);
    await story.handle.signal(contract.configureBackupSignal, { ...story.plan, everyHours: 1 });
    for (let day = 0; day < 7; day++) {
      await hours(24);
      await story.handle.signal(contract.backupNowSignal, {});
    }
    const last = await story.until(({ answered }) => answered === 7);
    expect(last.everyHours).toBe(1);
    expect(last.runId).not.toBe(first);
    const { historyLength } = await story.handle.describe();
    expect(historyLength).toBeLessThan(10_000);
    expect(times(story.calls, 'backupEtcd new')).toBe(7);
  });
});
