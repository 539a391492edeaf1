import { afterAll, beforeAll, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { changeState } from '../../activities/change-state.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Readiness } from '../../cluster/failover/decision.ts';
import type { Notification } from '../../cluster/failover/notification.ts';
import type { Observation, Picture } from '../../cluster/failover/picture.ts';
import { samePicture } from '../../cluster/failover/same-picture.ts';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import type { WatchCall } from '../../cluster/failover/watch-input.ts';
import { findProgram, testServerProgram } from '../../worker/embedded/find-program.ts';
import * as contract from '../../workflows/contract.ts';
import type { failover } from '../../workflows/index.ts';
import { exampleCluster } from '../cluster/example.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';

/** A watch that is to last no longer than this is over at once, in the server's time; a longer one waits for news. */
const jumps = 60_000;

export function useFailoverWorld(): FailoverWorld {
  const world = new FailoverWorld();
  vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
  beforeAll(() => world.start());
  afterAll(() => world.stop());
  return world;
}

/** What the activities of one story do, and what they were asked. */
export class Scene {
  picture: Picture = pictureOf({});
  readiness: Readonly<Record<string, Readiness>> = { 'worker-1': {}, 'worker-2': {} };
  /** Watches that are still to fail. */
  failing = 0;
  /** Every watch jumps to its deadline: days pass at once. */
  quick = false;
  jumping = false;
  over = false;
  /** What other activities do, by type. Default: done. */
  script: Record<string, (call: Record<string, unknown>, signal: AbortSignal) => unknown> = {};
  readonly watches: WatchCall[] = [];
  /** `type target`, in the order in which they began, watches left out. */
  readonly calls: string[] = [];
  readonly notices: Notification[] = [];
}

export class FailoverWorld {
  env!: TestWorkflowEnvironment;
  #code = '';
  #count = 0;

  async start(): Promise<void> {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
    });
    const path = await findProgram(testServerProgram);
    const [env, { code }] = await Promise.all([
      TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }),
      bundleWorkflowCode({
        workflowsPath: new URL('../../workflows/index.ts', import.meta.url).pathname,
        workflowInterceptorModules: [new URL('./no-heartbeat-timeout.ts', import.meta.url).pathname],
        logger: new DefaultLogger('WARN'),
      }),
    ]);
    [this.env, this.#code] = [env, code];
    await env.connection.operatorService.addSearchAttributes({
      namespace: env.namespace ?? 'default',
      searchAttributes: { HoldfastCluster: 2, HoldfastState: 2 },
    });
  }

  async stop(): Promise<void> {
    await this.env?.teardown();
  }

  /** Starts failover for a cluster of twelve hosts on a worker of its own, and runs `story` against it. */
  async run(
    scene: Scene,
    story: (story: FailoverStory) => Promise<void>,
    edit: (spec: Cluster) => Cluster = (spec) => spec,
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
      activities: activitiesOf(scene, this.env),
      maxHeartbeatThrottleInterval: '100 ms',
      defaultHeartbeatThrottleInterval: '100 ms',
      shutdownGraceTime: '1 s',
    });
    await worker.runUntil(async () => {
      const handle = await this.env.client.workflow.start<typeof failover>('failover', {
        taskQueue,
        workflowId: contract.failoverId(cluster),
        args: [{ spec }],
        typedSearchAttributes: [
          { key: contract.clusterAttribute, value: cluster },
          { key: contract.stateAttribute, value: 'watching' },
        ],
      });
      const told = new FailoverStory(handle, spec, scene, taskQueue, this.env);
      try {
        await story(told);
      } finally {
        await told.endAll();
      }
    });
  }
}

/** One cluster that is watched, and what a person could do to it. */
export class FailoverStory {
  readonly handle: WorkflowHandleWithFirstExecutionRunId<typeof failover>;
  readonly spec: Cluster;
  readonly scene: Scene;
  readonly taskQueue: string;
  readonly env: TestWorkflowEnvironment;

  constructor(
    handle: FailoverStory['handle'],
    spec: Cluster,
    scene: Scene,
    taskQueue: string,
    env: TestWorkflowEnvironment,
  ) {
    this.handle = handle;
    this.spec = spec;
    this.scene = scene;
    this.taskQueue = taskQueue;
    this.env = env;
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

  /** Waits until the status is as wanted; the test's own time limit ends it otherwise. */
  async until(wanted: (status: FailoverStatus) => boolean): Promise<FailoverStatus> {
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      await pause(50);
    }
  }

  async when(noted: () => boolean): Promise<void> {
    while (!noted()) await pause(20);
  }

  /** No workflow outlives its test; a jump that it is in comes to its end first. */
  async endAll(): Promise<void> {
    this.scene.over = true;
    await this.when(() => !this.scene.jumping);
    for (const handle of [this.failover, this.change]) await handle.terminate().catch(() => undefined);
  }
}

type Activity = (...args: never[]) => Promise<unknown>;

function activitiesOf(scene: Scene, env: TestWorkflowEnvironment): Record<string, Activity> {
  return {
    changeState: changeState(),
    watch: (call: WatchCall) => watch(scene, env, call),
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
    /** Steps of a promotion, and of healing. */
    default: async (call: { readonly target: { readonly name: string } }) => {
      const { info, cancellationSignal } = Context.current();
      scene.calls.push(`${info.activityType} ${call.target.name}`);
      const scripted = scene.script[info.activityType];
      const found = await scripted?.(call, cancellationSignal);
      return found ?? { changed: true, summary: `${info.activityType} done` };
    },
  };
}

async function watch(scene: Scene, env: TestWorkflowEnvironment, call: WatchCall): Promise<Observation> {
  const { cancellationSignal } = Context.current();
  scene.watches.push(call);
  if (scene.failing > 0) {
    scene.failing -= 1;
    throw ApplicationFailure.create({ message: 'no vantage point was reached', type: 'ConnectionLost' });
  }
  const begun = await env.currentTimeMs();
  const isNew = () => !call.known || !samePicture(call.known, scene.picture);
  if (!isNew() && !scene.over && (scene.quick || call.returnInMs <= jumps))
    await jump(scene, env, call.returnInMs);
  else
    while (!isNew()) {
      Context.current().heartbeat();
      if (cancellationSignal.aborted) throw cancellationSignal.reason;
      await pause(20);
    }
  const until = await env.currentTimeMs();
  return { picture: scene.picture, since: isNew() ? until : begun, until };
}

/** The server holds its clock for the test and for this activity: both let go of it for as long as the jump lasts. */
async function jump(scene: Scene, env: TestWorkflowEnvironment, ms: number): Promise<void> {
  const { testService } = env.connection as unknown as {
    testService: Record<'lockTimeSkipping' | 'unlockTimeSkipping', (request: object) => Promise<unknown>>;
  };
  scene.jumping = true;
  await testService.unlockTimeSkipping({});
  await env.sleep(ms);
  await testService.lockTimeSkipping({});
  scene.jumping = false;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
