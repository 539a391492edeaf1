import { setHandler } from '@temporalio/workflow';
import type { BackupPlan } from '../../cluster/backup-plan.ts';
import * as contract from '../contract.ts';
import { isRecord } from '../signal-input.ts';
import type { BackupRecord } from './record.ts';

/** What cannot be followed is refused in `status`; a handler never throws. */
export function handleBackupSignals(record: BackupRecord): void {
  setHandler(contract.backupStatusQuery, () => record.status, {
    description: 'The last backup, the next one, and whether the newest can be opened.',
  });
  setHandler(contract.backupPlanQuery, () => record.plan, { description: 'What it was told to back up.' });
  setHandler(contract.backupNowSignal, () => record.ask(), {
    description: 'Make a backup now, and open it: {}.',
  });
  setHandler(contract.configureBackupSignal, (sent: unknown) => configure(record, sent), {
    description: 'What to back up, and how often. From `holdfast up`.',
  });
}

function configure(record: BackupRecord, sent: unknown): void {
  if (!isPlan(sent)) record.refuse('configure', 'it takes what `holdfast up` makes of a spec');
  else if (sent.cluster !== record.plan.cluster) record.refuse('configure', `it is of ${sent.cluster}`);
  else record.configure(sent);
}

function isPlan(sent: unknown): sent is BackupPlan {
  if (!isRecord(sent)) return false;
  const { cluster, everyHours, recipients, targets, steps } = sent;
  return (
    typeof cluster === 'string' &&
    typeof everyHours === 'number' &&
    everyHours > 0 &&
    Array.isArray(recipients) &&
    isRecord(targets) &&
    Array.isArray(steps)
  );
}
