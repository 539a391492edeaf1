import { afterAll, beforeAll, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { RestoreLook } from '../../cluster/restore/offer.ts';
import { restorePlan } from '../../cluster/restore/plan.ts';
import type { ChangeStatus } from '../../cluster/status.ts';
import type { StepId } from '../../cluster/steps.ts';
import { codeOf } from './code.ts';
import * as contract from '../../workflows/contract.ts';
import type { restore } from '../../workflows/index.ts';
import { exampleCluster } from '../cluster/example.ts';
import { activitiesOf } from './activities.ts';
import { type Behaviour, Story } from './world.ts';
import { quietRuntime, realServer } from './servers.ts';

type Script = Partial<Record<StepId, Behaviour>>;

/** A restore of the twelve hosts' etcd beside a real server, on a worker whose activities do what the test says. */
export function useRestores(): Restores {
  const world = new Restores();
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
  beforeAll(() => world.start());
  afterAll(() => world.env?.teardown());
  return world;
}

class Restores {
  env!: TestWorkflowEnvironment;
  #code = '';
  #count = 0;

  async start(): Promise<void> {
    quietRuntime();
    [this.env, this.#code] = await Promise.all([realServer(), codeOf()]);
  }

  /** `look`: what is found at each look; the last is found ever after. */
  async run(
    looks: readonly RestoreLook[],
    script: Script,
    story: (restore: Story) => Promise<void>,
  ): Promise<void> {
    this.#count += 1;
    const [cluster, taskQueue] = [`restored-${this.#count}`, `restore-${this.#count}`];
    const spec = { ...exampleCluster('twelve-hosts'), name: cluster };
    const plan = restorePlan(spec);
    const left = [...looks];
    const found: Behaviour = () => {
      const look = left.length > 1 ? left.shift() : left[0];
      return { changed: false, summary: 'looked', ...(look && { look }) };
    };
    const [calls, unknown]: [string[], string[]] = [[], []];
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      namespace: this.env.namespace ?? 'default',
      taskQueue,
      workflowBundle: { code: this.#code },
      activities: activitiesOf(plan, { 'look-for-snapshots': found, ...script }, calls, unknown),
      maxHeartbeatThrottleInterval: '100 ms',
      shutdownGraceTime: '1 s',
    });
    const start = () =>
      this.env.client.workflow.start<typeof restore>('restore', {
        taskQueue,
        workflowId: contract.changeId(cluster),
        args: [{ spec, plan }],
        typedSearchAttributes: [
          { key: contract.clusterAttribute, value: cluster },
          { key: contract.stateAttribute, value: 'running' },
        ],
      });
    await worker.runUntil(async () => {
      const restored = new Story(await start(), calls, cluster, start, this.env);
      try {
        await story(restored);
      } finally {
        await restored.endAll([]);
      }
    });
    if (unknown.length > 0) throw new Error(`activities that the test does not know: ${unknown.join(', ')}`);
  }
}

export const ok = { changed: true, summary: 'done' };

/** A person's word, whatever it carries. */
export const approve = (story: Story, sent: unknown) => story.handle.signal('approve', sent);
export const refusals = (story: Story) => story.status().then(({ refused }) => refused.map(({ why }) => why));
export const skipped = ({ steps }: ChangeStatus) =>
  steps
    .filter(({ state }) => state === 'skipped')
    .map(({ step, host, reason }) => `${step} ${host}: ${reason}`);
export const entry = ({ steps }: ChangeStatus, id: string) => steps.find(({ step }) => step === id);

/** The status that a failed restore leaves. */
export async function failed({ handle }: Story): Promise<ChangeStatus> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) return cause.details?.[0] as ChangeStatus;
  throw error;
}

/** Holds a step on one host until it is let go; ends at once when it is cancelled. */
export function held(host = '') {
  let free = (): void => undefined;
  const gate = new Promise<void>((done) => (free = done));
  const behaviour: Behaviour = async ({ target }, signal) => {
    if (host !== '' && target.name !== host) return ok;
    const beats = setInterval(() => Context.current().heartbeat(), 50);
    const cancelled = new Promise((_, no) =>
      signal.addEventListener('abort', () => no(signal.reason as Error)),
    );
    await Promise.race([gate, cancelled]).finally(() => clearInterval(beats));
    return ok;
  };
  return { behaviour, free: () => free() };
}
