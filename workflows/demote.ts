import { patched, workflowInfo } from '@temporalio/workflow';
import type { ChangeStatus } from '../cluster/status.ts';
import { demotionBeginsSignal } from './contract.ts';
import type { DemoteInput } from './contract.ts';
import { runPlan } from './run-plan.ts';
import { tellFailover } from './tell-failover.ts';

/** Makes a promoted worker node a worker node alone again: runs the plan that `demotionPlan` made. */
export function demote({ plan, demotion }: DemoteInput): Promise<ChangeStatus> {
  /** Half way, for days if a step waits for a person, it serves nobody, and failover must know that it is meant to. */
  const begins = async (): Promise<void> => {
    if (!patched('tells-its-begin')) return;
    const { runId } = workflowInfo();
    await tellFailover(plan.cluster, demotionBeginsSignal, { ...demotion, runId });
  };
  return runPlan(plan, () => ({ demotion }), { begins });
}
