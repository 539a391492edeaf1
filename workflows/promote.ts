import type { ChangeStatus } from '../cluster/status.ts';
import type { PromoteInput } from './contract.ts';
import { runPlan } from './run-plan.ts';

/** Makes a worker node a control-plane node: runs the plan that `promotionPlan` made. */
export function promote({ plan, promotion }: PromoteInput): Promise<ChangeStatus> {
  return runPlan(plan, () => ({ promotion }));
}
