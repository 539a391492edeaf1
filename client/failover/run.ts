import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Cluster } from '../../cluster/cluster.ts';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import { failoverId, failoverStatusQuery, specQuery } from '../../workflows/contract.ts';
import type { Temporal } from '../connect.ts';
import { BadInput, ExitError, noWorkerAnswers } from '../exit.ts';

/** The workflow that watches a cluster, as Temporal describes it. */
export interface FailoverRun {
  readonly cluster: string;
  readonly workflowId: string;
  /** Of the newest run: it continues as new, so signals and queries go to the id alone. */
  readonly runId: string;
  /** RUNNING, TERMINATED, … */
  readonly temporalState: string;
  readonly open: boolean;
}

/** Undefined where nothing watches the cluster yet. */
export async function failoverRun({ client }: Temporal, cluster: string): Promise<FailoverRun | undefined> {
  try {
    return asRun(cluster, await client.workflow.getHandle(failoverId(cluster)).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The open failover of the cluster, or exit code 2 with what there is instead. */
export async function openFailover(temporal: Temporal, cluster: string): Promise<FailoverRun> {
  const run = await failoverRun(temporal, cluster);
  if (run?.open) return run;
  throw new BadInput(
    run
      ? `${cluster}: ${endedText(run)}`
      : `${cluster}: failover does not watch this cluster yet: the end of holdfast up SPEC starts it`,
  );
}

export const endedText = ({ temporalState }: FailoverRun): string =>
  `failover ended (${temporalState.toLowerCase()}): nothing watches this cluster; holdfast up SPEC starts it again`;

/** What failover answers, where it is open and a worker answers for it; undefined otherwise. */
export async function ifAnswered<T>(
  temporal: Temporal,
  cluster: string,
  ask: (temporal: Temporal, run: FailoverRun) => Promise<T>,
): Promise<T | undefined> {
  const run = await failoverRun(temporal, cluster);
  if (!run?.open) return undefined;
  return ask(temporal, run).catch((error: unknown) => {
    if (error instanceof ExitError) return undefined;
    throw error;
  });
}

/** Exit code 4 where no worker answers. */
export async function failoverStatus({ client }: Temporal, run: FailoverRun): Promise<FailoverStatus> {
  return answered(client, run, () => client.workflow.getHandle(run.workflowId).query(failoverStatusQuery));
}

/** The spec that the cluster was last brought to, as failover keeps it. */
export async function recordedSpec({ client }: Temporal, run: FailoverRun): Promise<Cluster> {
  return answered(client, run, () => client.workflow.getHandle(run.workflowId).query(specQuery));
}

export const failoverLink = (temporal: Temporal, { workflowId, runId }: FailoverRun): string =>
  temporal.link(workflowId, runId);

/** The server itself would wait half a minute for a worker. */
const answersWithinMs = 10_000;

async function answered<T>(client: Client, { cluster }: FailoverRun, ask: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + answersWithinMs, ask);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    throw noWorkerAnswers(cluster, 'failover is open', error);
  }
}

function asRun(cluster: string, described: WorkflowExecutionDescription): FailoverRun {
  const { workflowId, runId, status } = described;
  const open = status.name === 'RUNNING' || status.name === 'PAUSED';
  return { cluster, workflowId, runId, temporalState: status.name, open };
}
