import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackupCheck, BackupStep } from '../cluster/backup-status.ts';
import type { Step } from '../cluster/plan-types.ts';
import { BackupRecord } from './backup/record.ts';
import { handleBackupSignals } from './backup/signals.ts';
import { showBackup } from './backup/show.ts';
import { backupHealthSignal } from './contract.ts';
import type { BackupInput } from './contract.ts';
import { contextFrom } from './context.ts';
import { execute } from './run-steps.ts';
import { stepErrorOf } from './step-error.ts';
import { tellFailover } from './tell-failover.ts';

/**
 * Backs a cluster up for as long as it lives, opens what it made once a day, and tells the failover workflow how it
 * stands. Needs no lock: what it does changes nothing of the cluster, and each part of it has a time limit.
 */
export async function backup(input: BackupInput): Promise<never> {
  const record = new BackupRecord(input, Date.now());
  handleBackupSignals(record);
  for (;;) {
    showBackup(record);
    await untilDue(record);
    await backUp(record);
    await tellFailover(record.plan.cluster, backupHealthSignal, record.health);
    const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
    if (continueAsNewSuggested || targetWorkerDeploymentVersionChanged) break;
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof backup>(record.carried());
}

/** A new policy moves the time, and a person's word makes it now. */
async function untilDue(record: BackupRecord): Promise<void> {
  for (;;) {
    const { plan } = record;
    const left = record.dueAt - Date.now();
    if (left <= 0) return;
    await condition(() => record.plan !== plan || record.isAsked, left);
  }
}

async function backUp(record: BackupRecord): Promise<void> {
  const run = record.begin(Date.now());
  const outcomes: BackupStep[] = [];
  for (const step of record.plan.steps) {
    const outcome = await outcomeOf(told(step, run), record);
    outcomes.push(outcome);
    showBackup(record);
  }
  record.end(run, outcomes);
}

type Run = ReturnType<BackupRecord['begin']>;

/** A person who asks for a backup gets a new one; the clock does with one that a change has just made. */
function told(step: Step, { asked, open, everyHours }: Run): Step {
  if (step.id === 'backup-etcd')
    return { ...step, input: { ...step.input, freshMinutes: asked ? 0 : everyHours * 30 } };
  return step.id === 'check-backup' ? { ...step, input: { ...step.input, open } } : step;
}

async function outcomeOf(step: Step, { plan }: BackupRecord): Promise<BackupStep & Partial<BackupCheck>> {
  const context = contextFrom(plan, workflowInfo().firstExecutionRunId)(step);
  try {
    const result = (await execute(step, { ...context, job: 1 })) as BackupCheck;
    return { ...result, step: step.id };
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
    const { message } = stepErrorOf(failure);
    return { step: step.id, summary: message, problem: message, failed: true };
  }
}
