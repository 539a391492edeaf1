import { getClient } from '@temporalio/activity';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ChangeStatus } from '../cluster/status.ts';
import { changeId } from '../cluster/workflow-ids.ts';

/** Whether a change of the cluster is open, and whether it could make room. */
export interface ChangeState {
  /** `running`: activities of it may run now; `parked`: it waits for a person and nothing of it runs. */
  readonly state: 'none' | 'running' | 'parked';
  readonly runId?: string;
  readonly workflowType?: string;
  /** It is open and did not say what it does: taken for one that runs. */
  readonly unknown?: true;
}

/** ms. A worker that is there answers within a second. */
const answerWithin = 5000;

/** Asks Temporal for the change of a cluster. Not a step: it is about no host. */
export const changeState =
  () =>
  async ({ cluster }: { readonly cluster: string }): Promise<ChangeState> => {
    const client = getClient();
    const newest = await described(client, changeId(cluster));
    if (newest?.status.name !== 'RUNNING' && newest?.status.name !== 'PAUSED') return { state: 'none' };
    const { runId, type } = newest;
    return { ...(await stateOf(client, changeId(cluster), runId)), runId, workflowType: type };
  };

async function described(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** By its own word; one that gives none may be doing anything. */
async function stateOf(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<Pick<ChangeState, 'state' | 'unknown'>> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    const { state, steps } = await client.withDeadline(Date.now() + answerWithin, () =>
      handle.query<ChangeStatus>('status'),
    );
    if (state === 'done' || state === 'failed') return { state: 'none' };
    const waits = state === 'waiting' && steps.every((step) => step.state !== 'running');
    return { state: waits ? 'parked' : 'running' };
  } catch {
    return { state: 'running', unknown: true };
  }
}
