import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Context, getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { BackupPlan } from '../cluster/backup-plan.ts';
import type { BackupStatus } from '../cluster/backup-status.ts';
import { backupId, clusterAttributeName, stateAttributeName } from '../cluster/workflow-ids.ts';
import { backupsIn } from './backup-list.ts';
import { type StepBody, step } from './step.ts';

/**
 * The workflow that backs the cluster up runs, and by this plan. Where its last backup was not well it makes another
 * now: a change has just mended what there was to mend, and by the clock it might be told as broken for hours. So it does
 * where what it calls the newest is not there: the cluster was made anew, and the workflow speaks of the one before.
 */
const body: StepBody<'start-backups'> = async ({ cluster, plan }, { host, signal: aborted }) => {
  const client = getClient();
  const workflowId = backupId(cluster);
  const summary = `a backup every ${plan.everyHours} hours`;
  const known = await asked<BackupPlan>(client, workflowId, 'plan');
  const there = async (newest: string) => {
    const { backups } = await backupsIn([host], cluster, aborted);
    return backups.some(({ kind, made }) => kind === 'etcd' && made === Date.parse(newest));
  };
  if (isDeepStrictEqual(known, plan)) {
    const anew = await backUpAnew(client, workflowId, there, aborted);
    return { changed: anew?.changed ?? false, summary: [summary, anew?.summary].filter(Boolean).join('; ') };
  }
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
  const anew = known && (await backUpAnew(client, workflowId, there, aborted));
  return { changed: true, summary: [summary, anew?.summary].filter(Boolean).join('; ') };
};

export const startBackups = step('start-backups', body);

/**
 * Milliseconds that a backup is waited for, by the clock, for a question may take seconds itself; one of a large etcd
 * ends later, and tells failover itself how it went.
 */
const patience = 40_000;

interface Anew {
  readonly summary: string;
  /** False where the new one is not well either: a worker without the key that opens it is no news to the next `up`. */
  readonly changed: boolean;
}

/** What came of it; undefined where the last one was well, and is there. */
async function backUpAnew(
  client: Client,
  workflowId: string,
  there: (newest: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<Anew | undefined> {
  const look = () => asked<BackupStatus>(client, workflowId, 'status');
  const before = await look();
  const why = before && (await whyAnew(before.health, there));
  if (!before || why === undefined) return undefined;
  await client.workflow.getHandle(workflowId).signal('now', { by: 'up' });
  const end = Date.now() + patience;
  while (Date.now() < end) {
    await sleep(1000, undefined, { signal });
    const now = await look();
    if (now === undefined || now.answered <= before.answered) continue;
    return now.health.problem === undefined
      ? { summary: `${why}, a new one is`, changed: true }
      : { summary: `not well: ${now.health.problem}`, changed: false };
  }
  return { summary: `${why}, a new one is being made`, changed: true };
}

async function whyAnew(
  { problem, newest }: BackupStatus['health'],
  there: (newest: string) => Promise<boolean>,
): Promise<string | undefined> {
  if (problem !== undefined) return 'the last one was not well';
  if (newest === undefined || (await there(newest))) return undefined;
  return `the last one, of ${newest}, is not on the bastion`;
}

/** Undefined where it does not run, or does not answer: it is told once more then. */
async function asked<Answer>(
  client: Client,
  workflowId: string,
  query: 'plan' | 'status',
): Promise<Answer | undefined> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    if ((await handle.describe()).status.name !== 'RUNNING') return undefined;
    return await client.withDeadline(Date.now() + 5000, () => handle.query<Answer>(query));
  } catch {
    return undefined;
  }
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
