import { afterAll, beforeAll, vi } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Cluster, SshTarget } from '../../cluster/cluster.ts';
import type { HostFacts } from '../../cluster/facts.ts';
import type { Plan, Step } from '../../cluster/plan-types.ts';
import type { ChangeStatus, ErrorKind } from '../../cluster/status.ts';
import type { StepContext, StepId, StepResult } from '../../cluster/steps.ts';
import { codeOf } from './code.ts';
import { activitiesOf } from './activities.ts';
import { findProgram, testServerProgram } from '../../worker/embedded/find-program.ts';
import * as contract from '../../workflows/contract.ts';
import type { bringUp } from '../../workflows/index.ts';
import { quietRuntime } from './servers.ts';

export type Call = StepContext & Record<string, unknown>;
export type Behaviour = (
  call: Call,
  signal: AbortSignal,
) => Promise<StepResult | HostFacts> | StepResult | HostFacts;

/** A time-skipping server, one a file, and workers on it whose activities do what the test says. */
export function useWorld(): World {
  const world = new World();
  // A server, a worker and the test share the machine with everything else that runs on it.
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
  beforeAll(() => world.start());
  afterAll(() => world.stop());
  return world;
}

class World {
  env!: TestWorkflowEnvironment;
  #code = '';
  #count = 0;

  async start(): Promise<void> {
    quietRuntime();
    const path = await findProgram(testServerProgram);
    [this.env, this.#code] = await Promise.all([
      TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }),
      codeOf(),
    ]);
    // This server knows how to add them, not how to list them.
    await this.env.connection.operatorService.addSearchAttributes({
      namespace: this.env.namespace ?? 'default',
      searchAttributes: { HoldfastCluster: 2, HoldfastState: 2 },
    });
  }

  async stop(): Promise<void> {
    await this.env?.teardown();
  }

  /** Starts a bring-up of `plan` on a worker of its own and runs `story` against it. Unknown activities fail the test. */
  async run(
    script: Partial<Record<StepId, Behaviour>>,
    story: (change: Story) => Promise<void>,
    plan: Plan = smallPlan(),
  ): Promise<void> {
    this.#count += 1;
    const cluster = `${plan.cluster}-${this.#count}`;
    const taskQueue = `${contract.taskQueue}-${this.#count}`;
    const calls: string[] = [];
    const unknown: string[] = [];
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      namespace: this.env.namespace ?? 'default',
      taskQueue,
      workflowBundle: { code: this.#code },
      activities: activitiesOf(plan, script, calls, unknown),
      maxHeartbeatThrottleInterval: '1 s',
      shutdownGraceTime: '1 s',
    });
    await worker.runUntil(async () => {
      const start = () =>
        this.env.client.workflow.start<typeof bringUp>('bringUp', {
          taskQueue,
          workflowId: contract.changeId(cluster),
          args: [{ spec: smallSpec(cluster), plan: { ...plan, cluster } }],
          typedSearchAttributes: [
            { key: contract.clusterAttribute, value: cluster },
            { key: contract.stateAttribute, value: 'running' },
          ],
        });
      const handle = await start();
      const change = new Story(handle, calls, cluster, start, this.env);
      try {
        await story(change);
      } finally {
        await change.endAll(Object.keys(plan.targets));
      }
    });
    if (unknown.length > 0) throw new Error(`activities that the test does not know: ${unknown.join(', ')}`);
  }
}

/** One bring-up under way, and what a person could do to it. */
export class Story {
  readonly handle: WorkflowHandleWithFirstExecutionRunId<typeof bringUp>;
  /** `step host job`, in the order in which the activities began. */
  readonly calls: readonly string[];
  readonly cluster: string;
  readonly startAnother: () => Promise<unknown>;
  readonly env: TestWorkflowEnvironment;

  constructor(
    handle: Story['handle'],
    calls: readonly string[],
    cluster: string,
    startAnother: () => Promise<unknown>,
    env: TestWorkflowEnvironment,
  ) {
    this.handle = handle;
    this.calls = calls;
    this.cluster = cluster;
    this.startAnother = startAnother;
    this.env = env;
  }

  status(): Promise<ChangeStatus> {
    return this.handle.query(contract.statusQuery);
  }

  /** Waits until the status is as wanted; the test's own time limit ends it otherwise. */
  async until(wanted: (status: ChangeStatus) => boolean): Promise<ChangeStatus> {
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits for what an activity of the test has noted. */
  async when(noted: () => boolean): Promise<void> {
    while (!noted()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  waitsFor(...steps: readonly string[]): Promise<ChangeStatus> {
    return this.until(({ waitingFor }) => {
      const waiting = waitingFor.map(({ step, host }) => `${step} ${host}`);
      return waiting.length === steps.length && steps.every((step) => waiting.includes(step));
    });
  }

  async child(host: string): Promise<string> {
    const { status } = await this.env.client.workflow
      .getHandle(contract.hostChangeId(this.cluster, host))
      .describe();
    return status.name;
  }

  /** No workflow outlives its test. */
  async endAll(hosts: readonly string[]): Promise<void> {
    const ids = [this.handle.workflowId, ...hosts.map((host) => contract.hostChangeId(this.cluster, host))];
    for (const id of ids)
      await this.env.client.workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
  }
}

/** The spec of the small plan, as far as the judgement of facts asks for it. */
export function smallSpec(name: string): Cluster {
  const roles = {
    'bastion-1': ['bastion'],
    'master-1': ['control-plane', 'etcd'],
    'worker-1': ['worker'],
  } as const;
  return {
    name,
    hosts: Object.entries(roles).map(([host, own]) => ({
      name: host,
      address: addressOf(host),
      roles: own,
      labels: {},
      ssh: target(host),
    })),
    kubernetes: {
      version: '1.34.4',
      podCidr: '10.233.64.0/18',
      serviceCidr: '10.233.0.0/18',
      network: 'flannel',
    },
    kubespray: { version: 'v2.31.0', source: '/srv/kubespray', vars: {} },
    helm: { version: 3 },
    failover: {
      mode: 'manual',
      candidates: [],
      confirmForSeconds: 10,
      promoteBelow: 1,
      healsAnHour: 3,
      timings: 'calm',
    },
    backup: { everyHours: 6, keep: 28, recipients: [], alsoTo: [] },
    singlePointsOfFailure: ['bastion'],
  };
}

/** Three hosts and a few steps of each kind; small, but every order and both kinds of workflow are in it. */
export function smallPlan(): Plan {
  const hosts = ['bastion-1', 'master-1', 'worker-1'];
  const each = (id: StepId, title: string): Step[] => hosts.map((host) => step(id, host, title));
  return {
    cluster: 'demo',
    bastion: 'bastion-1',
    promotion: 'a worker is promoted',
    targets: Object.fromEntries(hosts.map((host) => [host, target(host)])),
    phases: [
      {
        id: 'connect',
        after: [],
        order: 'in-order-per-host',
        steps: [...each('connect', 'connect'), ...each('gather-facts', 'look at the host')],
      },
      {
        id: 'preflight',
        after: ['connect'],
        order: 'at-once',
        steps: [
          ...each('check-resources', 'check memory and disk'),
          ...each('check-clock', 'check the clock'),
          { ...step('check-reachability', 'bastion-1', 'check who reaches whom'), others: 'all' },
        ],
      },
      {
        id: 'prepare',
        after: ['preflight'],
        order: 'in-order-per-host',
        steps: [...each('disable-swap', 'turn swap off'), ...each('install-packages', 'install packages')],
      },
      {
        id: 'bastion',
        after: ['preflight'],
        order: 'in-order',
        steps: [
          step('fetch-kubespray', 'bastion-1', 'fetch Kubespray'),
          step('write-inventory', 'bastion-1', 'write the inventory'),
        ],
      },
      {
        id: 'kubernetes',
        after: ['prepare', 'bastion'],
        order: 'in-order',
        steps: [step('run-kubespray', 'bastion-1', 'run Kubespray')],
      },
      {
        id: 'verify',
        after: ['kubernetes'],
        order: 'at-once',
        steps: [step('check-nodes', 'bastion-1', 'check nodes'), step('check-dns', 'bastion-1', 'check DNS')],
      },
    ],
  };
}

export function facts(host: string): HostFacts {
  return {
    host,
    hostname: host,
    machineId: `id-of-${host}`,
    os: { id: 'debian', versionId: '12', idLike: [], prettyName: 'Debian GNU/Linux 12' },
    kernel: '6.1.0',
    architecture: 'x86_64',
    memoryMb: 4096,
    cpus: 2,
    freeMb: { '/': 50_000 },
    addresses: [{ cidr: `${addressOf(host)}/24`, interface: 'eth0' }],
    clockOffsetMs: 0,
    clockErrorMs: 1,
    python: '3.11',
    virtualization: 'kvm',
  };
}

/** Fails as an activity's frame does (activities/step.ts). */
export function fail(kind: ErrorKind, host: string, step: string, message: string = kind): never {
  const passing = ['ConnectionLost', 'CommandFailed', 'NotYet'].includes(kind);
  throw ApplicationFailure.create({
    message: `${host}: ${step}: ${message}`,
    type: kind,
    nonRetryable: !passing,
    details: [{ kind, message, next: 'mend it', tail: 'last lines', exitCode: 1, host, step }],
  });
}

const step = (id: StepId, host: string, title: string): Step => ({ id, host, title, input: {} }) as never;
const target = (name: string): SshTarget => ({
  name,
  address: name,
  port: 22,
  user: 'ubuntu',
  knownHosts: 'known_hosts',
});

const addressOf = (host: string): string =>
  `10.0.0.${['bastion-1', 'master-1', 'worker-1'].indexOf(host) + 11}`;
