import { condition, workflowInfo } from '@temporalio/workflow';
import type { Plan } from '../cluster/plan-types.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { Board } from './board.ts';
import { contextFrom } from './context.ts';
import { runChange } from './run-change.ts';
import type { Change } from './run-change.ts';
import { runSteps } from './run-steps.ts';
import { together } from './together.ts';

/** A change that is a plan and no more: each phase runs after those it names. `begins`: its first act. */
export async function runPlan(
  plan: Plan,
  leaves: NonNullable<Change['leaves']>,
  begins?: () => Promise<void>,
): Promise<ChangeStatus> {
  const board = new Board(plan.phases);
  const context = contextFrom(plan, workflowInfo().firstExecutionRunId);
  return runChange({
    cluster: plan.cluster,
    promotion: plan.promotion,
    board,
    busy: () => {
      if (board.running > 0) return 'steps are running';
      return board.waiting.size > 0 ? undefined : 'it does not wait for anyone';
    },
    leaves,
    body: async () => {
      await begins?.();
      await together(
        plan.phases.map(async (phase) => {
          await condition(() => phase.after.every((before) => board.complete(before)));
          await runSteps(board, phase, context);
        }),
      );
    },
  });
}
