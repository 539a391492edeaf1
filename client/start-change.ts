import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { changeId, clusterAttribute, stateAttribute, taskQueue } from '../workflows/contract.ts';
import type { BringUpInput, ChangeWorkflow } from '../workflows/contract.ts';
import { linkOf, newestChange } from './change.ts';
import type { ChangeRun } from './change.ts';
import type { Temporal } from './connect.ts';
import { refuseWhileDrilled } from './drill/open.ts';
import { BadInput } from './exit.ts';

/** Exit code 2 while a change of the cluster, or a drill, is open. Returns the newest one, which has ended. */
export async function refuseWhileOpen(temporal: Temporal, cluster: string): Promise<ChangeRun | undefined> {
  const newest = await newestChange(temporal, cluster);
  if (newest?.open) throw new BadInput(busy(temporal, newest));
  await refuseWhileDrilled(temporal, cluster);
  return newest;
}

/** Starts a change under the cluster's one change id. */
export async function startChange(
  temporal: Temporal,
  workflowType: ChangeWorkflow,
  input: BringUpInput,
  staticSummary: string,
): Promise<ChangeRun> {
  const cluster = input.spec.name;
  try {
    await temporal.client.workflow.start(workflowType, {
      workflowId: changeId(cluster),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary,
      typedSearchAttributes: [
        { key: clusterAttribute, value: cluster },
        { key: stateAttribute, value: 'running' },
      ],
    });
  } catch (error) {
    // Somebody was faster between our look and our start.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const other = await newestChange(temporal, cluster);
    throw new BadInput(other ? busy(temporal, other) : `${cluster}: another change runs`);
  }
  const run = await newestChange(temporal, cluster);
  if (!run) throw new Error(`${cluster}: the change was started and is not found`);
  return run;
}

function busy(temporal: Temporal, run: ChangeRun): string {
  const since = run.startTime.toISOString().slice(0, 19).replace('T', ' ');
  return (
    `${run.cluster}: a change runs since ${since} UTC: ${linkOf(temporal, run)}\n` +
    `Nothing was started. See it: holdfast watch ${run.cluster}. End it: holdfast abort ${run.cluster} --reason '…'`
  );
}
