import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Cluster } from '../../../cluster/cluster.ts';
import type { FailoverStatus } from '../../../cluster/failover/status.ts';
import { holdfast } from '../../../client/program.ts';
import * as contract from '../../../workflows/contract.ts';
import { codeOf } from '../../workflows/code.ts';
import { smallSpec } from '../../workflows/world.ts';
import { endSignal, saySignal } from './workflows.ts';
import { quietRuntime, realServer } from '../../workflows/servers.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Parts {
  readonly workflowsPath: string;
  readonly activities?: object;
  /** Workflows stay in memory, as with a real worker: for one of many short tasks beside many queries. */
  readonly cached?: boolean;
}

/**
 * A real server whose workflows are the stand-ins (or those named), and the verbs run in this very process against it.
 */
export function useStandIns(
  parts: Parts = { workflowsPath: join(import.meta.dirname, 'workflows.ts') },
): StandIns {
  const world = new StandIns(parts);
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
  beforeAll(() => world.start());
  afterAll(() => world.stop());
  return world;
}

export class StandIns {
  env!: TestWorkflowEnvironment;
  readonly #parts: Parts;
  #code = '';
  #worker: Worker | undefined;
  #run: Promise<void> = Promise.resolve();
  #state = '';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    quietRuntime();
    const { workflowsPath } = this.#parts;
    const [env, code, state] = await Promise.all([
      realServer(),
      codeOf(workflowsPath),
      mkdtemp(join(tmpdir(), 'holdfast-verbs-')),
    ]);
    this.env = env;
    this.#code = code;
    this.#state = state;
    vi.stubEnv('TEMPORAL_ADDRESS', env.address);
    vi.stubEnv('XDG_STATE_HOME', state);
    await this.startWorker();
  }

  async stop(): Promise<void> {
    if (this.#worker?.getState() === 'RUNNING') await this.stopWorker();
    await this.env.teardown();
    vi.unstubAllEnvs();
    await rm(this.#state, { recursive: true, force: true });
  }

  async startWorker(): Promise<void> {
    this.#worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue: contract.taskQueue,
      workflowBundle: { code: this.#code },
      activities: this.#parts.activities ?? {},
      maxHeartbeatThrottleInterval: '100 ms',
      shutdownGraceTime: '1 s',
      // Nothing is kept in memory that a worker started later would not know.
      ...(!this.#parts.cached && { maxCachedWorkflows: 0 }),
    });
    this.#run = this.#worker.run();
  }

  async stopWorker(): Promise<void> {
    this.#worker?.shutdown();
    await this.#run;
  }

  /** Runs a verb as the program does. */
  async run(...args: readonly string[]): Promise<Said> {
    const said = { out: [] as string[], err: [] as string[] };
    const spies = [
      vi.spyOn(console, 'log').mockImplementation((line: unknown) => void said.out.push(String(line))),
      vi.spyOn(console, 'error').mockImplementation((line: unknown) => void said.err.push(String(line))),
    ];
    try {
      const code = await holdfast(args);
      return { code, out: said.out.join('\n'), err: said.err.join('\n') };
    } finally {
      process.exitCode = undefined;
      for (const spy of spies) spy.mockRestore();
    }
  }

  async failover(spec: Cluster): Promise<void> {
    await this.env.client.workflow.start('failover', {
      ...this.#named(spec),
      workflowId: contract.failoverId(spec.name),
      args: [{ spec } satisfies contract.FailoverInput],
    });
  }

  async change(spec: Cluster): Promise<string> {
    const handle = await this.env.client.workflow.start('bringUp', {
      ...this.#named(spec),
      workflowId: contract.changeId(spec.name),
      args: [{ spec, plan: {} as never } satisfies contract.BringUpInput],
    });
    return handle.firstExecutionRunId;
  }

  /** What failover is to say from now on. */
  async say(cluster: string, status: Partial<FailoverStatus>): Promise<void> {
    await this.env.client.workflow.getHandle(contract.failoverId(cluster)).signal(saySignal, status);
  }

  async endChange(cluster: string, status: object = {}): Promise<void> {
    const handle = this.env.client.workflow.getHandle(contract.changeId(cluster));
    await handle.signal(endSignal, status);
    await handle.result();
  }

  #named(spec: Cluster) {
    return {
      taskQueue: contract.taskQueue,
      typedSearchAttributes: [{ key: contract.clusterAttribute, value: spec.name }],
    };
  }
}

export { smallSpec };
