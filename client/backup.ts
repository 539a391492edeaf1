import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Command } from 'commander';
import { backupPlan } from '../cluster/backup-plan.ts';
import type { BackupStatus } from '../cluster/backup-status.ts';
import {
  backupId,
  backupNowSignal,
  backupStatusQuery,
  clusterAttribute,
  stateAttribute,
  taskQueue,
} from '../workflows/contract.ts';
import { lastApplied } from './applied.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { person } from './person.ts';

interface BackupOptions {
  readonly status?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command('backup')
    .description('back the cluster up now, open what was made, and say how the backups stand')
    .argument('[cluster]', 'default: the only one')
    .option('--status', 'make none: say how the backups stand')
    .option('--json', 'as JSON')
    .action(backup);
}

async function backup(named: string | undefined, options: BackupOptions): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const status = options.status
      ? await statusOf(temporal, cluster)
      : await made(temporal, cluster, options);
    console.log(options.json ? JSON.stringify(status, null, 2) : backupText(status).join('\n'));
    process.exitCode = status.health.problem === undefined ? exitCode.done : exitCode.failed;
  } finally {
    await temporal.close();
  }
}

/** Asks for a backup, and waits for the one that answers this very wish. */
async function made(temporal: Temporal, cluster: string, { json }: BackupOptions): Promise<BackupStatus> {
  const spec = await lastApplied(temporal, cluster);
  if (!spec) throw new BadInput(`${cluster}: it was not brought up yet: holdfast up SPEC`);
  // It runs since the first bring-up; where somebody ended it, it begins anew.
  await temporal.client.workflow.signalWithStart('backup', {
    workflowId: backupId(cluster),
    taskQueue,
    args: [{ plan: backupPlan(spec) }],
    signal: backupNowSignal,
    signalArgs: [{ by: person() }],
    staticSummary: `back up ${cluster}`,
    typedSearchAttributes: [
      { key: clusterAttribute, value: cluster },
      { key: stateAttribute, value: 'watching' },
    ],
  });
  const { asked } = await statusOf(temporal, cluster);
  if (!json) console.log(`${cluster}: ${temporal.link(backupId(cluster))}`);
  for (;;) {
    const status = await statusOf(temporal, cluster);
    if (status.answered >= asked) return status;
    await pause(500);
  }
}

async function statusOf({ client }: Temporal, cluster: string): Promise<BackupStatus> {
  try {
    return await client.workflow.getHandle(backupId(cluster)).query(backupStatusQuery);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new BadInput(
        `${cluster}: no workflow backs it up: holdfast backup ${cluster}, or holdfast up SPEC`,
      );
    const why = error instanceof Error ? error.message : String(error);
    throw new ExitError(
      exitCode.unreachable,
      `${cluster}: no worker answers (${why}). Start one: holdfast dev, or holdfast worker.`,
    );
  }
}

export function backupText({
  cluster,
  everyHours,
  next,
  last,
  opened,
  health,
  refused,
}: BackupStatus): readonly string[] {
  return [
    `${cluster}: a backup every ${everyHours} hours, the next at ${next}`,
    ...(last
      ? last.steps.map(({ step, summary }) => `  ${last.at}  ${step}: ${summary}`)
      : ['  none was made yet']),
    `  newest: ${health.newest ?? 'none'}${opened === undefined ? '' : `; opened: ${opened}`}`,
    ...(health.problem === undefined ? [] : [`  not well: ${health.problem}`]),
    ...refused.map(({ signal, why }) => `  refused: ${signal}: ${why}`),
  ];
}
