import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { DrillStatus } from '../../cluster/drill/status.ts';
import type { DrillStory, DrillTimes } from '../../cluster/drill/stories.ts';
import { codeOf } from './code.ts';
import { recordRun } from './record.ts';
import * as contract from '../../workflows/contract.ts';
import type { drill } from '../../workflows/index.ts';
import { exampleCluster } from '../cluster/example.ts';
import { fail } from './world.ts';
import { quietRuntime, realServer } from './servers.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let env: TestWorkflowEnvironment;
let code: string;
let count = 0;

beforeAll(async () => {
  quietRuntime();
  [env, code] = await Promise.all([realServer(), codeOf(join(import.meta.dirname, 'drill-and-listener.ts'))]);
});
afterAll(() => env?.teardown());

type Call = Record<string, unknown> & { readonly target: { readonly name: string } };
type Script = Record<string, (call: Call) => unknown>;

const report = { story: 'etcd', outages: [] };
const standard: Script = {
  checkDrill: () => ({ changed: false, summary: 'well', hosts: ['etcd-2'] }),
  writeDrillReport: () => ({
    changed: true,
    summary: 'written',
    folder: '/drills/1',
    report,
    markdown: '# etcd',
    svg: '<svg/>',
  }),
};

interface Story {
  /** `type host`, in the order in which activities began. */
  readonly calls: string[];
  readonly handle: Awaited<ReturnType<typeof begin>>;
  readonly cluster: string;
  /** Signals that reached failover, which nobody runs here. */
  readonly leftAlone: () => Promise<contract.LeaveAloneInput[]>;
}

/** Seconds: this server's clock is the machine's. */
const short: DrillTimes = { before: 0.1, broken: 0.5, timer: 2, after: 0.1 };

/** What ends sooner was ended. */
const long: DrillTimes = { ...short, broken: 600, timer: 660 };

const begin = (taskQueue: string, cluster: string, story: DrillStory, times: DrillTimes) =>
  env.client.workflow.start<typeof drill>('drill', {
    taskQueue,
    workflowId: contract.drillId(cluster),
    args: [{ spec: { ...exampleCluster('twelve-hosts'), name: cluster }, story, times }],
    typedSearchAttributes: [
      { key: contract.clusterAttribute, value: cluster },
      { key: contract.stateAttribute, value: 'running' },
    ],
  });

async function run(
  story: DrillStory,
  script: Script,
  body: (story: Story) => Promise<void>,
  times = short,
): Promise<void> {
  count += 1;
  const [cluster, taskQueue, calls] = [`drilled-${count}`, `drill-${count}`, [] as string[]];
  const failover = await env.client.workflow.start('listener', {
    taskQueue,
    workflowId: contract.failoverId(cluster),
  });
  const worker = await Worker.create({
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue,
    workflowBundle: { code },
    activities: {
      default: async (call: Call) => {
        const { activityType } = Context.current().info;
        calls.push(`${activityType} ${call.target.name}`);
        const scripted = script[activityType] ?? standard[activityType];
        return (await scripted?.(call)) ?? { changed: true, summary: 'done' };
      },
    },
    shutdownGraceTime: '1 s',
  });
  const leftAlone = async () => {
    const { events } = await failover.fetchHistory();
    return (events ?? []).flatMap(
      ({ workflowExecutionSignaledEventAttributes: signaled }) =>
        signaled?.input?.payloads?.map(
          ({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as contract.LeaveAloneInput,
        ) ?? [],
    );
  };
  await worker.runUntil(async () => {
    const handle = await begin(taskQueue, cluster, story, times);
    try {
      await body({ calls, handle, cluster, leftAlone });
    } finally {
      for (const one of [handle, failover]) await one.terminate().catch(() => undefined);
    }
  });
}

async function failed(handle: Story['handle']): Promise<DrillStatus> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) return cause.details?.[0] as DrillStatus;
  throw error;
}

describe('a drill', () => {
  it('sets the timer before it breaks, tells healing what to leave alone, puts back and reports', async () => {
    await run('etcd', {}, async ({ calls, handle, leftAlone }) => {
      const status = await handle.result();
      await recordRun(env, 'drill', handle.workflowId);
      expect(calls).toEqual([
        'checkDrill bastion-1',
        'startProber bastion-1',
        'checkDrill bastion-1',
        'setRestoreTimer etcd-2',
        'breakHost etcd-2',
        'putBack etcd-2',
        'writeDrillReport bastion-1',
      ]);
      expect(status).toMatchObject({
        ...{ workflowType: 'drill', story: 'etcd', state: 'done', hosts: ['etcd-2'], problems: [] },
        ...{ what: 'etcd-2, etcd’s leader, falls silent', folder: '/drills/1', report, markdown: '# etcd' },
        svg: '<svg/>',
      });
      const [alone, free, ...more] = await leftAlone();
      expect(alone?.hosts).toEqual(['etcd-2']);
      expect(alone?.until).toBeGreaterThan(Date.parse(status.until ?? ''));
      // Once it is back, healing has its hands free again.
      expect(free?.hosts).toEqual(['etcd-2']);
      expect(free?.until).toBeLessThanOrEqual(Date.now());
      expect(more).toEqual([]);
    });
  });

  it('of all masters breaks them side by side, and leaves failover its hands free', async () => {
    const hosts = ['master-1', 'master-2', 'master-3'];
    const script = { checkDrill: () => ({ changed: false, summary: '', hosts }) };
    await run('all-masters', script, async ({ calls, handle, leftAlone }) => {
      expect(await handle.result()).toMatchObject({ state: 'done', hosts });
      expect(calls.filter((call) => call.startsWith('breakHost'))).toHaveLength(3);
      expect(calls.findIndex((call) => call.startsWith('breakHost'))).toBe(6);
      expect(await leftAlone()).toEqual([]);
    });
  });

  it('that is refused touches nothing', async () => {
    const checkDrill = () => fail('ProblemFound', 'bastion-1', 'check-drill', 'no drill: a change is open');
    await run('etcd', { checkDrill }, async ({ calls, handle }) => {
      const status = await failed(handle);
      expect(status).toMatchObject({ state: 'failed', hosts: [] });
      expect(status.problems[0]).toContain('a change is open');
      expect(calls).toEqual(['checkDrill bastion-1']);
    });
  });

  it('breaks nothing where one host has no timer, and takes the other timers back', async () => {
    const script: Script = {
      checkDrill: () => ({ changed: false, summary: '', hosts: ['master-1', 'master-2'] }),
      setRestoreTimer: ({ target }) =>
        target.name === 'master-2'
          ? fail('ProblemFound', 'master-2', 'set-restore-timer', 'the timer is not set')
          : undefined,
    };
    await run('all-masters', script, async ({ calls, handle }) => {
      const status = await failed(handle);
      expect(status.problems).toEqual([expect.stringContaining('master-2: the timer is not set')]);
      expect(calls.filter((call) => call.startsWith('breakHost'))).toEqual([]);
      expect(calls.slice(-3).sort()).toEqual([
        'putBack master-1',
        'putBack master-2',
        'writeDrillReport bastion-1',
      ]);
    });
  });

  it('breaks nothing where the prober does not see the API, or failover cannot be told', async () => {
    const startProber = () => fail('ProblemFound', 'bastion-1', 'start-prober', 'the API does not answer');
    await run('etcd', { startProber }, async ({ calls, handle }) => {
      expect((await failed(handle)).problems[0]).toContain('the API does not answer');
      expect(calls.filter((call) => /breakHost|setRestoreTimer/.test(call))).toEqual([]);
    });
    await run('etcd', {}, async ({ calls, handle, cluster }) => {
      await env.client.workflow.getHandle(contract.failoverId(cluster)).terminate();
      const { problems } = await failed(handle);
      expect(problems).toEqual([expect.stringMatching(/^failover: /)]);
      expect(calls.filter((call) => call.startsWith('breakHost'))).toEqual([]);
      expect(calls).toContain('putBack etcd-2');
    });
  });

  it('breaks nothing where the cluster is no longer as it was when it was looked at', async () => {
    const moved = ['etcd-2', 'etcd-3'];
    const checkDrill = () => ({ changed: false, summary: 'well', hosts: [moved.shift()] });
    await run('etcd', { checkDrill }, async ({ calls, handle }) => {
      expect((await failed(handle)).problems).toEqual([expect.stringContaining('about etcd-3 now')]);
      expect(calls.slice(-2)).toEqual(['putBack etcd-2', 'writeDrillReport bastion-1']);
      expect(calls.filter((call) => /breakHost|setRestoreTimer/.test(call))).toEqual([]);
    });
    let looks = 0;
    const refuses = () =>
      (looks += 1) > 1
        ? fail('ProblemFound', 'bastion-1', 'check-drill', 'no drill: a change is open')
        : { changed: false, summary: 'well', hosts: ['etcd-2'] };
    await run('etcd', { checkDrill: refuses }, async ({ calls, handle, leftAlone }) => {
      expect((await failed(handle)).problems[0]).toContain('a change is open');
      expect(calls.filter((call) => /breakHost|setRestoreTimer/.test(call))).toEqual([]);
      expect(await leftAlone()).toEqual([]);
    });
  });

  it('asks no host that is silent to all before its own timer has put it back', async () => {
    let broken = 0;
    let asked = 0;
    const script: Script = {
      breakHost: () => void (broken = Date.now()),
      putBack: () => void (asked = Date.now()),
    };
    const times = { ...short, broken: 600, timer: 3 };
    await run(
      'all-masters',
      script,
      async ({ handle }) => {
        while (broken === 0) await new Promise((done) => setTimeout(done, 20));
        await handle.signal('abort', { reason: 'enough' });
        const { until, problems } = await failed(handle);
        expect(problems).toEqual(['aborted: enough']);
        expect(asked).toBeGreaterThanOrEqual(Date.parse(until ?? '') - 50);
      },
      times,
    );
  });

  it('puts back and reports what a break that failed has left', async () => {
    const breakHost = () => fail('ProblemFound', 'etcd-2', 'break-host', 'it is not broken');
    await run('etcd', { breakHost }, async ({ calls, handle }) => {
      const status = await failed(handle);
      expect(status).toMatchObject({ state: 'failed', folder: '/drills/1' });
      expect(calls.slice(-2)).toEqual(['putBack etcd-2', 'writeDrillReport bastion-1']);
    });
  });

  it('says which host it could not put back, and reports all the same', async () => {
    const putBack = () => fail('ProblemFound', 'etcd-2', 'put-back', 'it is still broken');
    await run('etcd', { putBack }, async ({ handle }) => {
      const status = await failed(handle);
      expect(status.problems[0]).toContain('etcd-2: it is still broken');
      expect(status.markdown).toBe('# etcd');
    });
  });

  it('puts back at once when a person aborts, whatever the signal carries', async () => {
    let broken: () => void = () => undefined;
    const begun = new Promise<void>((done) => (broken = done));
    await run(
      'etcd',
      { breakHost: () => broken() },
      async ({ calls, handle }) => {
        await begun;
        await handle.signal('abort', 7);
        const status = await failed(handle);
        expect(status.problems).toEqual(['aborted: no reason was given']);
        expect(calls.slice(-2)).toEqual(['putBack etcd-2', 'writeDrillReport bastion-1']);
      },
      long,
    );
  });

  it('puts back also when it is cancelled', async () => {
    let broken: () => void = () => undefined;
    const begun = new Promise<void>((done) => (broken = done));
    await run(
      'etcd',
      { breakHost: () => broken() },
      async ({ calls, handle }) => {
        await begun;
        await handle.cancel();
        await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
        expect((await handle.describe()).status.name).toBe('CANCELLED');
        expect(calls.slice(-2)).toEqual(['putBack etcd-2', 'writeDrillReport bastion-1']);
      },
      long,
    );
  });
});
