import { isDeepStrictEqual } from 'node:util';
import { Context, getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { BackupPlan } from '../cluster/backup-plan.ts';
import { backupId, clusterAttributeName, stateAttributeName } from '../cluster/workflow-ids.ts';
import { type StepBody, step } from './step.ts';

/** The workflow that backs the cluster up runs, and by this plan. */
const body: StepBody<'start-backups'> = async ({ cluster, plan }) => {
  const client = getClient();
  const workflowId = backupId(cluster);
  const summary = `a backup every ${plan.everyHours} hours`;
  if (isDeepStrictEqual(await planOf(client, workflowId), plan)) return { changed: false, summary };
  await client.workflow.signalWithStart('backup', {
    workflowId,
    taskQueue: Context.current().info.taskQueue,
    args: [{ plan }],
    signal: 'configure',
    signalArgs: [plan],
    staticSummary: `back up ${cluster}`,
    typedSearchAttributes: [
      { key: keyword(clusterAttributeName), value: cluster },
      { key: keyword(stateAttributeName), value: 'watching' },
    ],
  });
  return { changed: true, summary };
};

export const startBackups = step('start-backups', body);

/** By which plan it runs; undefined where it does not, or does not answer: it is told once more then. */
async function planOf(client: Client, workflowId: string): Promise<BackupPlan | undefined> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    if ((await handle.describe()).status.name !== 'RUNNING') return undefined;
    return await client.withDeadline(Date.now() + 5000, () => handle.query<BackupPlan>('plan'));
  } catch {
    return undefined;
  }
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
