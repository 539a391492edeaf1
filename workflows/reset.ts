import type { ChangeStatus } from '../cluster/status.ts';
import type { BringUpInput } from './contract.ts';
import { runPlan } from './run-plan.ts';

/** Takes a cluster down for good: runs the plan that `resetPlan` made. Nobody is told of its end: nothing watches then. */
export function reset({ plan }: BringUpInput): Promise<ChangeStatus> {
  return runPlan(plan, () => ({}));
}
