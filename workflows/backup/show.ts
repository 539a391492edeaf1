import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { stateAttribute } from '../contract.ts';
import type { BackupRecord } from './record.ts';

/** What the Temporal UI shows of it. */
export function showBackup(record: BackupRecord): void {
  const { cluster, everyHours, next, last, health, opened, state } = record.status;
  const rows = (last?.steps ?? []).map(
    ({ step, summary }) => `| ${step} | ${summary.replaceAll('|', '/')} |`,
  );
  setCurrentDetails(
    [
      `**${cluster}**: a backup every ${everyHours} hours; ${state === 'running' ? 'one is being made' : `the next at ${next}`}.`,
      health.problem ? `**Not well:** ${health.problem}` : '',
      opened ? `The newest were opened at ${opened}.` : '',
      last ? [`Last, at ${last.at}:`, '', '| step | |', '|---|---|', ...rows].join('\n') : '',
    ]
      .filter(Boolean)
      .join('\n\n'),
  );
  const shown = health.problem === undefined ? 'watching' : 'degraded';
  if (workflowInfo().typedSearchAttributes.get(stateAttribute) !== shown)
    upsertSearchAttributes([{ key: stateAttribute, value: shown }]);
}
