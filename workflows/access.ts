import { ApplicationFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { contextFrom } from './context.ts';
import type { AccessChangeInput } from './contract.ts';
import { execute } from './run-steps.ts';
import { stepErrorOf } from './step-error.ts';

/**
 * Gives a person access to a cluster, or takes it away: runs the plan that `accessPlan` made. Somebody waits at a
 * terminal and can say it again, so nothing of it waits for a person: what cannot be done is the failure. Returns what
 * was done, a line a bastion.
 */
export async function access({ plan }: AccessChangeInput): Promise<readonly string[]> {
  const context = contextFrom(plan, workflowInfo().firstExecutionRunId);
  const said: string[] = [];
  for (const step of plan.phases.flatMap(({ steps }) => steps)) {
    try {
      const result = await execute(step, { ...context(step), job: 1 });
      said.push(`${step.host}: ${'summary' in result ? result.summary : ''}`);
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      const error = stepErrorOf(failure);
      throw ApplicationFailure.create({
        type: error.kind,
        nonRetryable: true,
        message: error.message,
        details: [error],
      });
    }
  }
  return said;
}
