import { colors } from '../colors.ts';
import type { ChangeStatus, PhaseStatus, PlaybookProgress, StepState } from '../../cluster/status.ts';
import type { PendingStep } from '../change.ts';
import { waitingText } from './waiting-text.ts';

export interface Frame {
  readonly status: ChangeStatus;
  readonly pending: readonly PendingStep[];
  readonly link: string;
  readonly seconds: number;
  readonly rows: number;
}

const signs: Readonly<Record<StepState, string>> = {
  pending: colors.dim('·'),
  running: colors.cyan('▶'),
  waiting: colors.yellow('⏸'),
  done: colors.green('✔'),
  'already-so': colors.green('='),
  skipped: colors.dim('⤼'),
  failed: colors.red('✘'),
};

/** One picture of a change for a terminal: phases, who is at what, the playbook's progress, and who is waited for. */
export function screen({ status, pending, link, seconds, rows }: Frame): string {
  const lines = [
    `${colors.bold(titleOf(status))}  ${status.state}  ${duration(seconds)}  ${colors.dim(link)}`,
    ...status.phases.flatMap((phase) => phaseLines(phase, status)),
    ...(status.progress ? progressLines(status.progress) : []),
    ...pending.filter(({ attempt }) => attempt > 1).map(attemptLine),
    ...status.waitingFor.flatMap((waiting) => waitingText(waiting)),
  ];
  // What does not fit would scroll with every look; the UI and `holdfast status` have all of it.
  const most = Math.max(rows - 2, 10);
  const cut =
    lines.length > most
      ? [...lines.slice(0, most - 1), colors.dim('… holdfast status shows the rest')]
      : lines;
  return cut.join('\n');
}

/** A bring-up is what a cluster's change usually is; any other says what it is. */
export function titleOf({ cluster, workflowType }: Pick<ChangeStatus, 'cluster' | 'workflowType'>): string {
  return workflowType === 'bringUp' ? cluster : `${cluster} ${workflowType}`;
}

function phaseLines({ id, state, done, total }: PhaseStatus, { steps }: ChangeStatus): string[] {
  const line = `${signs[state]} ${id.padEnd(16)} ${`${done}/${total}`.padStart(9)}`;
  if (state !== 'running' && state !== 'waiting') return [line];
  const now = steps.filter((step) => step.phase === id && step.state === 'running');
  const shown = now.slice(0, 3).map(({ host, step }) => `${host} ${step}`);
  return [
    `${line}  ${colors.dim([...shown, ...(now.length > 3 ? [`${now.length - 3} more`] : [])].join(', '))}`,
  ];
}

function progressLines({ done, total, task, play, failedHosts }: PlaybookProgress): string[] {
  const width = 30;
  const filled = total > 0 ? Math.round((Math.min(done, total) / total) * width) : 0;
  const bar = `${colors.cyan('█'.repeat(filled))}${colors.dim('░'.repeat(width - filled))}`;
  const percent = total > 0 ? Math.floor((done / total) * 100) : 0;
  return [
    `  ${bar} ${percent} %  ${done}/${total} tasks`,
    `  ${colors.dim(`${play} › ${task}`.slice(0, 100))}`,
    ...(failedHosts.length > 0 ? [colors.red(`  failed on: ${failedHosts.join(', ')}`)] : []),
  ];
}

function attemptLine({ activity, attempt, lastFailure }: PendingStep): string {
  return colors.yellow(`  ${activity}: attempt ${attempt}, after: ${(lastFailure ?? '').split('\n')[0]}`);
}

export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} m ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}
