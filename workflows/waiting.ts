import { confirmStep } from '../cluster/restore/offer.ts';
import type { StepError, Waiting } from '../cluster/status.ts';
import type { Entry } from './board.ts';

/** A parked step as the status shows it: error, and the commands that would help, ready to paste. */
export function waitingOf(cluster: string, { phase, step, host, error }: Entry): Waiting {
  const known: StepError = error ?? { kind: 'CommandFailed', message: 'unknown', next: '' };
  const where = `--step ${step} --host ${host}`;
  return {
    phase,
    step,
    host,
    error: known,
    commands: [
      ...cure(known, cluster),
      `holdfast retry ${cluster} ${where}`,
      // A person's word is the one thing that nothing goes on without.
      ...(step === confirmStep ? [] : [`holdfast skip ${cluster} ${where} --reason '…'`]),
    ],
  };
}

function cure({ kind, next }: StepError, cluster: string): readonly string[] {
  const named = /^holdfast (?!retry)\S.*$/.exec(next.trim());
  if (named) return [named[0]];
  // A change keeps the spec that it was started with.
  if (/\bspec\b/.test(next))
    return [`holdfast abort ${cluster} --reason 'the spec changes'`, 'holdfast up SPEC'];
  if (kind === 'HostKeyMismatch') return ['holdfast trust SPEC'];
  if (kind === 'JobFailed') return [`holdfast status ${cluster}`];
  return [];
}
