import type { ChangeStatus } from '../cluster/status.ts';
import type { RemoveHostsInput } from './contract.ts';
import { runPlan } from './run-plan.ts';

/**
 * Removes worker nodes for good: runs the plan that `removalPlan` made. Until they are removed the spec that names them
 * is the one that is applied: whoever aborts before that has lost nothing.
 */
export function removeHosts({ plan, spec }: RemoveHostsInput): Promise<ChangeStatus> {
  return runPlan(plan, (board) => (board.complete('remove') ? { spec } : {}), { spec });
}
