import { condition, workflowInfo } from '@temporalio/workflow';
import type { ChangeStatus } from '../cluster/status.ts';
import { Board } from './board.ts';
import type { PromoteInput } from './contract.ts';
import { contextFrom } from './context.ts';
import { runChange } from './run-change.ts';
import { runSteps } from './run-steps.ts';
import { together } from './together.ts';

/** Makes a worker node a control-plane node: runs the plan that `promotionPlan` made, each phase after those it names. */
export async function promote({ plan, promotion }: PromoteInput): Promise<ChangeStatus> {
  const { firstExecutionRunId } = workflowInfo();
  const board = new Board(plan.phases);
  const context = contextFrom(plan, firstExecutionRunId);
  return runChange({
    cluster: plan.cluster,
    promotion: plan.promotion,
    board,
    busy: () => {
      if (board.running > 0) return 'steps are running';
      return board.waiting.size > 0 ? undefined : 'it does not wait for anyone';
    },
    leaves: () => ({ promotion }),
    body: async () => {
      await together(
        plan.phases.map(async (phase) => {
          await condition(() => phase.after.every((before) => board.complete(before)));
          await runSteps(board, phase, context);
        }),
      );
    },
  });
}
