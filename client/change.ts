import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, WorkflowNotFoundError } from '@temporalio/common';
import type { ChangeStatus, PlaybookProgress } from '../cluster/status.ts';
import { changeId, statusQuery } from '../workflows/contract.ts';
import type { BringUpInput } from '../workflows/contract.ts';
import type { Temporal } from './connect.ts';
import { BadInput, noWorkerAnswers } from './exit.ts';

/** One run of a change, as Temporal describes it. */
export interface ChangeRun {
  readonly cluster: string;
  /** bringUp, promote, … */
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
  /** RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT, … */
  readonly temporalState: string;
  readonly open: boolean;
  readonly startTime: Date;
  readonly pending: readonly PendingStep[];
}

/** An activity of the change's own workflow that runs, or will be tried again. */
export interface PendingStep {
  readonly activity: string;
  readonly attempt: number;
  readonly lastFailure?: string;
  readonly progress?: PlaybookProgress;
}

/** The newest change of the cluster, open or closed; undefined where there never was one. */
export async function newestChange({ client }: Temporal, cluster: string): Promise<ChangeRun | undefined> {
  try {
    return asRun(cluster, await client.workflow.getHandle(changeId(cluster)).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The open change, or exit code 2 with what there is instead. */
export async function openChange(temporal: Temporal, cluster: string): Promise<ChangeRun> {
  const run = await newestChange(temporal, cluster);
  if (!run) throw new BadInput(`${cluster}: there was no change of this cluster yet: holdfast up SPEC`);
  if (!run.open)
    throw new BadInput(
      `${cluster}: no change is open; the newest ended as ${run.temporalState}: ${linkOf(temporal, run)}`,
    );
  return run;
}

export function describeRun(temporal: Temporal, run: ChangeRun): Promise<ChangeRun> {
  return describedRun(temporal, run.cluster, run.runId);
}

export async function describedRun({ client }: Temporal, cluster: string, runId: string): Promise<ChangeRun> {
  return asRun(cluster, await client.workflow.getHandle(changeId(cluster), runId).describe());
}

/** Status of an open run by query, of a closed one from its result or its failure. */
export async function statusOf({ client }: Temporal, run: ChangeRun): Promise<ChangeStatus> {
  const handle = client.workflow.getHandle(run.workflowId, run.runId, { followRuns: false });
  if (!run.open) return closedStatus(run, () => handle.result() as Promise<ChangeStatus>);
  try {
    const status = await handle.query(statusQuery);
    const progress = run.pending.find((step) => step.progress)?.progress;
    return progress ? { ...status, progress } : status;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    throw noWorkerAnswers(run.cluster, 'the change is open', error);
  }
}

export const linkOf = (temporal: Temporal, run: ChangeRun): string =>
  temporal.link(run.workflowId, run.runId);

/** What a change was started with: of the newest one, the last applied spec. */
export async function inputOf(temporal: Temporal, run: ChangeRun): Promise<BringUpInput | undefined> {
  const { history } = await temporal.client.workflowService.getWorkflowExecutionHistory({
    namespace: temporal.namespace,
    execution: { workflowId: run.workflowId, runId: run.runId },
    maximumPageSize: 1,
  });
  return decoded<BringUpInput>(
    history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0],
  );
}

async function closedStatus(run: ChangeRun, result: () => Promise<ChangeStatus>): Promise<ChangeStatus> {
  try {
    return await result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const told =
      cause instanceof ApplicationFailure ? (cause.details?.[0] as ChangeStatus | undefined) : undefined;
    return told ?? ended(run, cause?.message ?? error.message);
  }
}

/** A run that ended without a word of its own: terminated, cancelled, timed out. */
function ended({ cluster, workflowType, runId, temporalState }: ChangeRun, why: string): ChangeStatus {
  const endedBecause = `${temporalState.toLowerCase()}: ${why}`;
  const nothing = { phase: '', phases: [], steps: [], waitingFor: [], refused: [], promotion: '' };
  return { workflowType, runId, cluster, state: 'failed', endedBecause, ...nothing };
}

function asRun(cluster: string, described: WorkflowExecutionDescription): ChangeRun {
  const { type, workflowId, runId, status, startTime, raw } = described;
  return {
    cluster,
    workflowType: type,
    workflowId,
    runId,
    temporalState: status.name,
    open: status.name === 'RUNNING' || status.name === 'PAUSED',
    startTime,
    pending: (raw.pendingActivities ?? []).map((activity) => {
      const progress = decoded<PlaybookProgress>(activity.heartbeatDetails?.payloads?.[0]);
      const lastFailure = activity.lastFailure?.message;
      return {
        activity: activity.activityType?.name ?? '',
        attempt: activity.attempt ?? 1,
        ...(lastFailure && { lastFailure }),
        ...(isProgress(progress) && { progress }),
      };
    }),
  };
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

/** Undefined where there is nothing, or nothing that can be read without a key. */
function decoded<T>(payload: Payload | null | undefined): T | undefined {
  try {
    return payload ? defaultPayloadConverter.fromPayload<T>(payload) : undefined;
  } catch {
    return undefined;
  }
}

function isProgress(value: unknown): value is PlaybookProgress {
  const { done, total } = (value ?? {}) as Partial<PlaybookProgress>;
  return typeof done === 'number' && typeof total === 'number';
}
