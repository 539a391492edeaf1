import { getExternalWorkflowHandle, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type { ChangeStatus } from '../cluster/status.ts';
import { demotionBeginsSignal, failoverId } from './contract.ts';
import type { DemoteInput } from './contract.ts';
import { runPlan } from './run-plan.ts';

/** Makes a promoted worker node a worker node alone again: runs the plan that `demotionPlan` made. */
export function demote({ plan, demotion }: DemoteInput): Promise<ChangeStatus> {
  /** Half way, for days if a step waits for a person, it serves nobody, and failover must know that it is meant to. */
  const begins = async (): Promise<void> => {
    if (!patched('tells-its-begin')) return;
    const { runId } = workflowInfo();
    try {
      await getExternalWorkflowHandle(failoverId(plan.cluster)).signal(demotionBeginsSignal, {
        ...demotion,
        runId,
      });
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
    }
  };
  return runPlan(plan, () => ({ demotion }), begins);
}
