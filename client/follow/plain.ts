import type { ChangeStatus, StepStatus } from '../../cluster/status.ts';
import type { PendingStep } from '../change.ts';
import { waitingText } from './waiting-text.ts';

/** Lines for a log: what has happened since the last look, each thing once. */
export class PlainLines {
  readonly #steps = new Map<string, string>();
  readonly #phases = new Map<string, string>();
  readonly #waiting = new Set<string>();
  readonly #attempts = new Map<string, number>();
  #tenth = -1;

  lines(status: ChangeStatus, pending: readonly PendingStep[]): readonly string[] {
    return [
      ...this.#phaseLines(status),
      ...status.steps.flatMap((step) => this.#stepLine(step)),
      ...pending.flatMap((step) => this.#attemptLine(step)),
      ...this.#progressLine(status),
      ...this.#waitingLines(status),
    ];
  }

  #phaseLines({ phases }: ChangeStatus): string[] {
    return phases.flatMap(({ id, state, done, total }) => {
      if (this.#phases.get(id) === state) return [];
      this.#phases.set(id, state);
      return state === 'pending' ? [] : [`phase ${id}: ${state} (${done}/${total})`];
    });
  }

  #stepLine({ phase, step, host, state, summary, reason }: StepStatus): string[] {
    const key = `${phase}/${step}/${host}`;
    if (this.#steps.get(key) === state) return [];
    this.#steps.set(key, state);
    // That a step begins is worth a line where it is one of a kind; of what waits more is said below.
    if (state === 'pending' || state === 'running' || state === 'waiting') return [];
    const note = reason ?? summary;
    return [`  ${host.padEnd(14)} ${step.padEnd(26)} ${state}${note ? `: ${note}` : ''}`];
  }

  #attemptLine({ activity, attempt, lastFailure }: PendingStep): string[] {
    if (attempt < 2 || (this.#attempts.get(activity) ?? 1) >= attempt) return [];
    this.#attempts.set(activity, attempt);
    return [`  ${activity}: attempt ${attempt}, after: ${(lastFailure ?? 'unknown').split('\n')[0]}`];
  }

  #progressLine({ progress }: ChangeStatus): string[] {
    if (!progress || progress.total === 0) return [];
    const tenth = Math.floor((progress.done / progress.total) * 10);
    if (tenth <= this.#tenth) return [];
    this.#tenth = tenth;
    return [`  playbook: ${progress.done} of ${progress.total} tasks: ${progress.task}`];
  }

  #waitingLines(status: ChangeStatus): string[] {
    const now = new Set(status.waitingFor.map(({ step, host, error }) => `${step}/${host}/${error.message}`));
    const fresh = status.waitingFor.filter(
      ({ step, host, error }) => !this.#waiting.has(`${step}/${host}/${error.message}`),
    );
    this.#waiting.clear();
    for (const key of now) this.#waiting.add(key);
    return fresh.flatMap((waiting) => waitingText(waiting));
  }
}
