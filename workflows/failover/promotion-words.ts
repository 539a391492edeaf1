import { changeId } from '../../cluster/workflow-ids.ts';
import type { ChangeStatus } from '../../cluster/status.ts';
import type { Decision, Wait } from '../../cluster/failover/decision.ts';
import type { Promotion } from '../../cluster/failover/promotion-request.ts';

export function promotes({ candidate, lost, reason }: Promotion): Decision {
  return { do: 'promote', candidate, lost, why: reason };
}

export function waits(cluster: string, { candidate }: Promotion): Wait {
  return {
    do: 'wait',
    reason: 'promotion-waits',
    why: `a step of the promotion of ${candidate} waits for a person`,
    help: [`holdfast status ${cluster}`, `holdfast retry ${cluster}`],
  };
}

/** Of one whose end was told by a signal, which says no more. */
export function whyTold(cluster: string, state: 'failed' | 'yielded'): string {
  return state === 'yielded'
    ? 'it made room for another'
    : `it failed, or was aborted: the workflow ${changeId(cluster)} says why`;
}

export function whyUnfinished({ yielded, endedBecause, state }: ChangeStatus): string {
  return endedBecause ?? (yielded ? 'it made room for another' : `its state is ${state}`);
}

/** The child's own failure is the cause of ours. */
export function whyFailed(failure: unknown): string {
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  return cause instanceof Error ? cause.message : String(cause);
}
