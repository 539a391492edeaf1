import { getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { backupId, drillId, failoverId } from '../cluster/workflow-ids.ts';
import { type StepBody, notYet, step } from './step.ts';

/**
 * The workflows that live as long as the cluster end: failover would heal what is taken down on purpose. They are
 * terminated, for none of them has anything of its own to undo.
 */
const body: StepBody<'stop-watching'> = async ({ cluster }, { host }) => {
  const client = getClient();
  const ids = [failoverId(cluster), backupId(cluster), drillId(cluster)];
  const open = await openOf(client, ids);
  for (const id of open) await client.workflow.getHandle(id).terminate('the cluster is reset');
  const left = open.length > 0 ? await openOf(client, ids) : [];
  if (left.length > 0)
    throw notYet(host.name, `still open after they were terminated: ${left.join(', ')}`, 'Look at the UI.');
  return open.length > 0
    ? { changed: true, summary: `ended: ${open.join(', ')}` }
    : { changed: false, summary: 'nothing watches the cluster' };
};

export const stopWatching = step('stop-watching', body);

async function openOf(client: Client, ids: readonly string[]): Promise<readonly string[]> {
  const open = await Promise.all(
    ids.map(async (id) => {
      try {
        return (await client.workflow.getHandle(id).describe()).status.name === 'RUNNING' ? [id] : [];
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return [];
        throw error;
      }
    }),
  );
  return open.flat();
}
