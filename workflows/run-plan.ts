import { condition, workflowInfo } from '@temporalio/workflow';
import type { Cluster } from '../cluster/cluster.ts';
import type { Plan } from '../cluster/plan-types.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { Board } from './board.ts';
import { contextFrom, withSpec } from './context.ts';
import { runChange } from './run-change.ts';
import type { Change } from './run-change.ts';
import { runSteps } from './run-steps.ts';
import { together } from './together.ts';

/**
 * A change that is a plan and no more: each phase runs after those it names. `begins`: its first act; `spec`: what it
 * hands on to failover, which no other step is told.
 */
export async function runPlan(
  plan: Plan,
  leaves: (board: Board) => ReturnType<NonNullable<Change['leaves']>>,
  { begins, spec }: { begins?: () => Promise<void>; spec?: Cluster } = {},
): Promise<ChangeStatus> {
  const board = new Board(plan.phases);
  const context = withSpec(contextFrom(plan, workflowInfo().firstExecutionRunId), spec);
  return runChange({
    cluster: plan.cluster,
    promotion: plan.promotion,
    board,
    busy: () => {
      if (board.running > 0) return 'steps are running';
      return board.waiting.size > 0 ? undefined : 'it does not wait for anyone';
    },
    leaves: () => leaves(board),
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
