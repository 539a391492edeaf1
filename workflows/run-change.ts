import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChangeStatus } from '../cluster/status.ts';
import { shown } from './board.ts';
import type { Board } from './board.ts';
import { handleChangeSignals } from './change-signals.ts';
import type { ChangeSignals } from './change-signals.ts';
import { changeEndedSignal, failoverId } from './contract.ts';
import type { ChangeEndedInput } from './contract.ts';
import { Show } from './show.ts';
import { waitingOf } from './waiting.ts';

export interface Change extends Pick<ChangeSignals, 'busy' | 'onMessage'> {
  readonly cluster: string;
  readonly promotion: string;
  readonly board: Board;
  /** The steps themselves. Cancelled when the change is aborted, yields or is cancelled. */
  readonly body: () => Promise<void>;
  /** What failover is told of it in the end. Absent: this is only a part of a change. */
  readonly leaves?: () => Pick<ChangeEndedInput, 'spec' | 'promotion' | 'demotion'>;
  /** Ends what the body left running elsewhere; cannot be cancelled. */
  readonly end?: (reason: string) => Promise<void>;
}

/** Steps are listed with their summaries up to this many; beyond, ended ones show their state alone (2 MB a payload). */
const manySteps = 3000;

/**
 * The frame of every change: its surface, its search attributes and current details, and how it ends.
 * The final status is the result, or stands in the failure's details.
 */
export async function runChange(change: Change): Promise<ChangeStatus> {
  const { board } = change;
  const scope = new CancellationScope();
  const end: End = {};
  const status = (): ChangeStatus => statusOf(change, end);
  const finish = (how: 'aborted' | 'yielded', reason: string): void => {
    if (!end.how) Object.assign(end, { how, reason });
    scope.cancel();
  };
  handleChangeSignals({ board, status, finish, busy: change.busy, onMessage: change.onMessage });

  const show = new Show(board, status);
  const showing = new CancellationScope();
  const shows = showing.run(() => show.keep()).catch(unlessCancelled);
  try {
    await scope.run(change.body);
    end.state = 'done';
    return status();
  } catch (failure) {
    const reason = end.reason ?? whyEnded(failure);
    await CancellationScope.nonCancellable(async () => change.end?.(reason));
    end.reason = reason;
    board.breakOff(reason);
    if (end.how === 'yielded') return { ...status(), yielded: true };
    end.state = 'failed';
    if (end.how !== 'aborted' || !isCancellation(failure)) throw failure;
    throw ApplicationFailure.create({
      type: 'Aborted',
      nonRetryable: true,
      message: `aborted: ${reason}`,
      details: [status()],
    });
  } finally {
    showing.cancel();
    await CancellationScope.nonCancellable(() => shows);
    show.now();
    await CancellationScope.nonCancellable(() => tellFailover(change, end));
  }
}

/** Its last act. Where nothing watches the cluster yet, nobody needs to hear it. */
async function tellFailover({ cluster, leaves }: Change, { how, state }: End): Promise<void> {
  if (!leaves || !patched('change-ended')) return;
  const { workflowType, runId } = workflowInfo();
  const ended = how === 'yielded' ? how : (state ?? 'failed');
  await getExternalWorkflowHandle(failoverId(cluster))
    .signal(changeEndedSignal, { workflowType, runId, state: ended, ...leaves() })
    .catch(() => undefined);
}

interface End {
  how?: 'aborted' | 'yielded';
  reason?: string;
  state?: 'done' | 'failed';
}

function statusOf({ cluster, promotion, board }: Change, { state, reason }: End): ChangeStatus {
  const { workflowType, runId } = workflowInfo();
  const brief = board.entries.length > manySteps;
  return {
    workflowType,
    runId,
    cluster,
    state: state ?? board.state,
    phase: board.phase,
    phases: board.phases,
    steps: board.entries.map((entry) => shown(entry, brief)),
    waitingFor: [...board.waiting].map((entry) => waitingOf(cluster, entry)),
    refused: [...board.refused],
    promotion,
    ...(reason !== undefined && { endedBecause: reason }),
  };
}

function whyEnded(failure: unknown): string {
  if (isCancellation(failure)) return 'it was cancelled';
  return failure instanceof Error ? failure.message : String(failure);
}

function unlessCancelled(failure: unknown): void {
  if (!isCancellation(failure)) throw failure;
}
