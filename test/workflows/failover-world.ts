import { afterAll, beforeAll, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { changeState } from '../../activities/change-state.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { demotionPlan } from '../../cluster/demotion-plan.ts';
import type { Demotion } from '../../cluster/failover/demotion-request.ts';
import { restorePlan } from '../../cluster/restore/plan.ts';
import type { Readiness } from '../../cluster/failover/decision.ts';
import type { Notification } from '../../cluster/failover/notification.ts';
import type { Observation, Picture } from '../../cluster/failover/picture.ts';
import { samePicture } from '../../cluster/failover/same-picture.ts';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import type { WatchCall } from '../../cluster/failover/watch-input.ts';
import * as contract from '../../workflows/contract.ts';
import type { PromoteInput } from '../../workflows/contract.ts';
import type { failover } from '../../workflows/index.ts';
import { exampleCluster } from '../cluster/example.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { facts, smallPlan } from './world.ts';
import { type Carried, carriedOf } from '../../workflows/failover/carried.ts';
import { FailoverRecord } from '../../workflows/failover/record.ts';
import { codeOf } from './code.ts';
import { quietRuntime, realServer } from './servers.ts';

/** ms. A watch that is to last no longer than this is over at once, by the watcher's clock; a longer one waits for news. */
const countdown = 60_000;
/** ms of the machine's time for what passes within a second on a quiet one. */
const patience = 30_000;

export function useFailoverWorld(dynamicConfig: readonly string[] = []): FailoverWorld {
  const world = new FailoverWorld(dynamicConfig);
  vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
  beforeAll(() => world.start());
  afterAll(() => world.stop());
  return world;
}

/** What the activities of one story do, and what they were asked. */
export class Scene {
  picture: Picture = pictureOf({});
  /** The picture by the watcher's clock, and when it changes next (ms): days pass as fast as they are watched. */
  days?: (at: number) => { readonly picture: Picture; readonly changes: number };
  readiness: Readonly<Record<string, Readiness>> = { 'worker-1': {}, 'worker-2': {} };
  /** Watches that are still to fail. */
  failing = 0;
  /** How far the watcher's clock is ahead of the machine's, ms. */
  ahead = 0;
  /** What other activities do, by type. Default: done. */
  script: Record<string, (call: Record<string, unknown>, signal: AbortSignal) => unknown> = {};
  readonly watches: WatchCall[] = [];
  /** `type target`, in the order in which they began, watches left out. */
  readonly calls: string[] = [];
  readonly notices: Notification[] = [];
}

export class FailoverWorld {
  env!: TestWorkflowEnvironment;
  readonly #dynamicConfig: readonly string[];
  #code = '';
  #count = 0;

  constructor(dynamicConfig: readonly string[]) {
    this.#dynamicConfig = dynamicConfig;
  }

  async start(): Promise<void> {
    quietRuntime();
    [this.env, this.#code] = await Promise.all([realServer(this.#dynamicConfig), codeOf()]);
  }

  async stop(): Promise<void> {
    await this.env?.teardown();
  }

  /** A cluster of twelve hosts, a worker of its own, and failover, which watches it; then `story`. */
  async run(
    scene: Scene,
    story: (story: FailoverStory) => Promise<void>,
    { edit = (spec) => spec, unwatched = false }: WorldOptions = {},
  ): Promise<void> {
    this.#count += 1;
    const cluster = `watched-${this.#count}`;
    const taskQueue = `failover-${this.#count}`;
    const spec = edit({ ...exampleCluster('twelve-hosts'), name: cluster });
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      namespace: this.env.namespace ?? 'default',
      taskQueue,
      workflowBundle: { code: this.#code },
      activities: activitiesOf(scene, spec),
      maxHeartbeatThrottleInterval: '100 ms',
      defaultHeartbeatThrottleInterval: '100 ms',
      shutdownGraceTime: '1 s',
    });
    await worker.runUntil(async () => {
      const told = new FailoverStory(spec, scene, taskQueue, this.env);
      try {
        if (!unwatched) await told.start();
        await story(told);
      } finally {
        await told.endAll();
      }
    });
  }
}

/** Events, and bytes. */
export interface RunSize {
  readonly historyLength: number;
  readonly historySize: number;
}

interface WorldOptions {
  readonly edit?: (spec: Cluster) => Cluster;
  /** Nothing watches the cluster until the story starts it. */
  readonly unwatched?: boolean;
}

/** One cluster that is watched, and what a person could do to it. */
export class FailoverStory {
  readonly spec: Cluster;
  readonly scene: Scene;
  readonly taskQueue: string;
  readonly env: TestWorkflowEnvironment;

  constructor(spec: Cluster, scene: Scene, taskQueue: string, env: TestWorkflowEnvironment) {
    this.spec = spec;
    this.scene = scene;
    this.taskQueue = taskQueue;
    this.env = env;
  }

  /** `learned`: what an earlier run of it knew. */
  async start(learned?: Partial<Carried>): Promise<void> {
    const carried = learned && {
      ...carriedOf(new FailoverRecord({ spec: this.spec }, Date.now())),
      ...learned,
    };
    await this.env.client.workflow.start<typeof failover>('failover', {
      taskQueue: this.taskQueue,
      workflowId: contract.failoverId(this.cluster),
      args: [{ spec: this.spec, ...(carried && { learned: carried }) }],
      typedSearchAttributes: this.attributes('watching'),
    });
  }

  /** A bring-up under the change id; `scene.script` says what its steps do. */
  async bringUp(): Promise<void> {
    const plan = { ...smallPlan(), cluster: this.cluster };
    await this.#startChange('bringUp', { spec: this.spec, plan } satisfies contract.BringUpInput);
  }

  async demote(demotion: Demotion): Promise<void> {
    await this.#startChange('demote', {
      spec: this.spec,
      demotion,
      plan: demotionPlan(this.spec, demotion),
    } satisfies contract.DemoteInput);
  }

  async restore(): Promise<void> {
    await this.#startChange('restore', {
      spec: this.spec,
      plan: restorePlan(this.spec),
    } satisfies contract.RestoreInput);
  }

  async #startChange(workflowType: string, input: object): Promise<void> {
    await this.env.client.workflow.start(workflowType, {
      taskQueue: this.taskQueue,
      workflowId: contract.changeId(this.cluster),
      args: [input],
      typedSearchAttributes: this.attributes('running'),
    });
  }

  attributes(state: string) {
    return [
      { key: contract.clusterAttribute, value: this.cluster },
      { key: contract.stateAttribute, value: state },
    ];
  }

  get cluster(): string {
    return this.spec.name;
  }

  /** The newest run of it. */
  get failover() {
    return this.env.client.workflow.getHandle(contract.failoverId(this.cluster));
  }

  get change() {
    return this.env.client.workflow.getHandle(contract.changeId(this.cluster));
  }

  status(): Promise<FailoverStatus> {
    return this.failover.query(contract.failoverStatusQuery);
  }

  /** Waits until the status is as wanted, and says what it is otherwise. */
  async until(wanted: (status: FailoverStatus) => boolean): Promise<FailoverStatus> {
    const deadline = Date.now() + patience;
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      if (Date.now() > deadline) throw new Error(this.asItIs(status));
      await pause(50);
    }
  }

  async when(noted: () => boolean): Promise<void> {
    const deadline = Date.now() + patience;
    while (!noted()) {
      if (Date.now() > deadline) throw new Error(this.asItIs(await this.status()));
      await pause(20);
    }
  }

  /** Every run of it so far. Of those that go on the server's list tells no size, so each is asked. */
  async runs(): Promise<RunSize[]> {
    const { workflow } = this.env.client;
    const found: RunSize[] = [];
    const list = workflow.list({ query: `WorkflowId = '${contract.failoverId(this.cluster)}'` });
    for await (const { workflowId, runId } of list) {
      const { historyLength, historySize = 0 } = await workflow.getHandle(workflowId, runId).describe();
      found.push({ historyLength, historySize });
    }
    return found;
  }

  asItIs({ state, decision, waitingFor, promoted, degraded, refused, events }: FailoverStatus): string {
    const { calls, notices, watches } = this.scene;
    const told = notices.map((notice) => notice.state);
    const returnInMs = watches.at(-1)?.returnInMs;
    const status = { state, decision, waitingFor, promoted, degraded, refused, events: events.slice(-8) };
    return JSON.stringify({ ...status, told, calls: calls.slice(-8), returnInMs }, null, 1);
  }

  signal(name: string, ...args: unknown[]): Promise<void> {
    return this.failover.signal(name, ...args);
  }

  promote(request: object): Promise<string> {
    return this.failover.executeUpdate<string, [object]>('promote', { args: [request] });
  }

  /** It watches, and knows what its candidates are good for. */
  async watching(): Promise<void> {
    await this.until(({ picture, candidates }) => picture !== undefined && candidates['worker-1'] != null);
  }

  /** The change waits for a person, and nothing of it runs. */
  async changeWaits(): Promise<void> {
    for (;;) {
      const { state, steps } = await this.change.query(contract.statusQuery);
      if (state === 'waiting' && steps.every((step) => step.state !== 'running')) return;
      await pause(50);
    }
  }

  /** What the newest change was started with. */
  async changeInput(): Promise<PromoteInput> {
    const { events } = await this.change.fetchHistory();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return defaultPayloadConverter.fromPayload(payload ?? {});
  }

  /** No workflow outlives its test. */
  async endAll(): Promise<void> {
    const hosts = ['bastion-1', 'master-1', 'worker-1'].map((host) =>
      this.env.client.workflow.getHandle(contract.hostChangeId(this.cluster, host)),
    );
    for (const handle of [this.failover, this.change, ...hosts])
      await handle.terminate().catch(() => undefined);
  }
}

type Activity = (...args: never[]) => Promise<unknown>;

function activitiesOf(scene: Scene, { hosts }: Cluster): Record<string, Activity> {
  return {
    changeState: changeState(),
    watch: (call: WatchCall) => watch(scene, call),
    checkCandidates: ({ candidates }: { candidates: readonly string[] }) => {
      scene.calls.push('checkCandidates');
      const found = scene.script.checkCandidates?.({ candidates }, Context.current().cancellationSignal);
      return Promise.resolve(
        found ?? Object.fromEntries(candidates.map((name) => [name, scene.readiness[name] ?? {}])),
      );
    },
    notify: (notice: Notification) => {
      scene.notices.push(notice);
      return Promise.resolve();
    },
    gatherFacts: ({ target: { name } }: { readonly target: { readonly name: string } }) => {
      const address = hosts.find((host) => host.name === name)?.address;
      return Promise.resolve({ ...facts(name), addresses: [{ cidr: `${address}/24`, interface: 'eth0' }] });
    },
    /** Steps of changes, and of healing. */
    default: async (call: { readonly target: { readonly name: string } }) => {
      const { info, cancellationSignal } = Context.current();
      scene.calls.push(`${info.activityType} ${call.target.name}`);
      const scripted = scene.script[info.activityType];
      const found = await scripted?.(call, cancellationSignal);
      return found ?? { changed: true, summary: `${info.activityType} done` };
    },
  };
}

async function watch(scene: Scene, call: WatchCall): Promise<Observation> {
  const { cancellationSignal } = Context.current();
  scene.watches.push(call);
  if (scene.failing > 0) {
    scene.failing -= 1;
    throw ApplicationFailure.create({ message: 'no vantage point was reached', type: 'ConnectionLost' });
  }
  const now = () => Date.now() + scene.ahead;
  const begun = now();
  if (scene.days) return watchDays(scene, scene.days, call, begun);
  const isNew = () => !call.known || !samePicture(call.known, scene.picture);
  if (!isNew() && call.returnInMs <= countdown) {
    scene.ahead += call.returnInMs;
    // What waits for the machine's own time, as the end of a promotion, would else be watched as fast as it can be.
    await pause(150);
  } else
    while (!isNew()) {
      Context.current().heartbeat();
      if (cancellationSignal.aborted) throw cancellationSignal.reason;
      await pause(20);
    }
  const until = now();
  return { picture: scene.picture, since: isNew() ? until : begun, until };
}

/** Over at once, by the watcher's clock as long as it was to last or until something changed. */
function watchDays(
  scene: Scene,
  days: NonNullable<Scene['days']>,
  call: WatchCall,
  since: number,
): Observation {
  const { picture, changes } = days(since);
  const isNew = !call.known || !samePicture(call.known, picture);
  if (isNew) return { picture, since, until: since };
  const lasts = Math.min(call.returnInMs, changes - since);
  scene.ahead += lasts;
  const until = since + lasts;
  return until < changes ? { picture, since, until } : { picture: days(until).picture, since: until, until };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
