import type { ChangeStatus } from '../cluster/status.ts';
import type { DemoteInput } from './contract.ts';
import { runPlan } from './run-plan.ts';

/** Makes a promoted worker node a worker node alone again: runs the plan that `demotionPlan` made. */
export function demote({ plan, demotion }: DemoteInput): Promise<ChangeStatus> {
  return runPlan(plan, () => ({ demotion }));
}
