import type { ChangeStatus, PhaseStatus, StepError, StepState, StepStatus } from '../cluster/status.ts';
import type { Selector } from './contract.ts';

/** What a person said about a step that waits. */
export type Answer = { readonly do: 'retry' } | { readonly do: 'skip'; readonly reason: string };

export interface PlannedPhase {
  readonly id: string;
  readonly after: readonly string[];
  readonly steps: readonly { readonly id: string; readonly host: string }[];
}

export interface Entry {
  readonly phase: string;
  readonly step: string;
  readonly host: string;
  state: StepState;
  summary?: string | undefined;
  reason?: string | undefined;
  error?: StepError | undefined;
  onAnswer?: ((answer: Answer) => void) | undefined;
}

const ended: readonly StepState[] = ['done', 'already-so', 'skipped'];
const isEnded = (state: StepState): boolean => ended.includes(state);

/**
 * The state of every step of one change. Counts are kept, not recomputed: with a thousand hosts
 * it is asked ten thousand times.
 */
export class Board {
  readonly entries: Entry[] = [];
  readonly waiting = new Set<Entry>();
  readonly refused: { signal: string; why: string }[] = [];
  running = 0;
  /** Raised at every change; who shows the board compares it. */
  version = 0;
  /** Raised when a step begins or ends to wait: what a parent wants to hear of. */
  asked = 0;
  readonly #phases: readonly PlannedPhase[];
  readonly #byKey = new Map<string, Entry>();
  readonly #byHost = new Map<string, Entry[]>();
  readonly #counts = new Map<string, Record<StepState, number>>();

  constructor(phases: readonly PlannedPhase[]) {
    this.#phases = phases;
    for (const phase of phases) {
      this.#counts.set(phase.id, noSteps());
      for (const step of phase.steps) this.#add({ phase: phase.id, step: step.id, host: step.host });
    }
  }

  entry(phase: string, step: string, host: string): Entry {
    return this.#byKey.get(key(phase, step, host)) ?? this.#add({ phase, step, host });
  }

  ofHost(host: string): readonly Entry[] {
    return this.#byHost.get(host) ?? [];
  }

  mark(entry: Entry, state: StepState, note: { summary?: string; reason?: string } = {}): void {
    this.#count(entry, state);
    Object.assign(entry, {
      summary: note.summary,
      reason: note.reason,
      error: undefined,
      onAnswer: undefined,
    });
    this.waiting.delete(entry);
  }

  /** The step waits for a person; `onAnswer` is called once, with what the person says. */
  park(entry: Entry, error: StepError, onAnswer: (answer: Answer) => void): void {
    this.#count(entry, 'waiting');
    Object.assign(entry, { error, onAnswer });
    this.waiting.add(entry);
    this.asked += 1;
  }

  /** Gives a person's answer to all waiting steps that are meant. Returns how many there were. */
  answer(selector: Selector, answer: Answer): number {
    const meant = [...this.waiting].filter((entry) => matches(entry, selector));
    for (const entry of meant) {
      const { onAnswer } = entry;
      if (answer.do === 'skip') this.mark(entry, 'skipped', { reason: answer.reason });
      else this.mark(entry, 'running');
      this.asked += 1;
      onAnswer?.(answer);
    }
    return meant.length;
  }

  /** A signal that could not be followed is said, never stored for later. */
  refuse(signal: string, why: string): void {
    this.refused.push({ signal, why });
    this.refused.splice(0, this.refused.length - 20);
    this.version += 1;
  }

  /** The change ends before its steps do: what ran has not been finished. */
  breakOff(reason: string): void {
    for (const entry of this.entries) if (entry.state === 'running') this.mark(entry, 'failed', { reason });
  }

  /** All steps of the phase, and of the phases before it, have ended. */
  complete(phase: string): boolean {
    const planned = this.#phases.find(({ id }) => id === phase);
    if (!planned) return true;
    const { state } = this.#phaseStatus(phase);
    return state === 'done' && planned.after.every((before) => this.complete(before));
  }

  get phases(): readonly PhaseStatus[] {
    return this.#phases.map(({ id }) => this.#phaseStatus(id));
  }

  /** The first that has not ended, or the last. */
  get phase(): string {
    const { phases } = this;
    return (phases.find(({ state }) => state !== 'done') ?? phases.at(-1))?.id ?? '';
  }

  get state(): ChangeStatus['state'] {
    return this.waiting.size > 0 ? 'waiting' : 'running';
  }

  /** Why no waiting step is meant, in words for the person who sent the signal. */
  whyNone({ step, host }: Selector): string {
    const meant = this.entries.filter((entry) => matches(entry, { step, host } as Selector));
    const [only] = meant;
    if (this.waiting.size === 0 && !step && !host) return 'no step waits';
    if (!only) return `there is no step ${[step, host && `on ${host}`].filter(Boolean).join(' ')}`;
    if (meant.length === 1) return `${only.step} on ${only.host} does not wait: it is ${only.state}`;
    return `none of the ${meant.length} steps meant waits`;
  }

  #add(name: Pick<Entry, 'phase' | 'step' | 'host'>): Entry {
    const entry: Entry = { ...name, state: 'pending' };
    this.entries.push(entry);
    this.#byKey.set(key(entry.phase, entry.step, entry.host), entry);
    this.#byHost.set(entry.host, [...(this.#byHost.get(entry.host) ?? []), entry]);
    this.#countsOf(entry.phase).pending += 1;
    return entry;
  }

  #count(entry: Entry, next: StepState): void {
    const counts = this.#countsOf(entry.phase);
    counts[entry.state] -= 1;
    counts[next] += 1;
    this.running += Number(next === 'running') - Number(entry.state === 'running');
    entry.state = next;
    this.version += 1;
  }

  #countsOf(phase: string): Record<StepState, number> {
    const counts = this.#counts.get(phase) ?? noSteps();
    this.#counts.set(phase, counts);
    return counts;
  }

  #phaseStatus(id: string): PhaseStatus {
    const counts = this.#countsOf(id);
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const done = ended.reduce((sum, state) => sum + counts[state], 0);
    const state =
      done === total
        ? 'done'
        : counts.waiting > 0
          ? 'waiting'
          : counts.running > 0 || done > 0
            ? 'running'
            : 'pending';
    return { id, state, done, total };
  }
}

/** A step as the status shows it. */
export function shown({ phase, step, host, state, summary, reason }: Entry, brief = false): StepStatus {
  const kept = !brief || !isEnded(state);
  return {
    phase,
    step,
    host,
    state,
    ...(summary !== undefined && kept ? { summary } : {}),
    ...(reason !== undefined ? { reason } : {}),
  };
}

function matches(entry: Entry, { step, host }: Selector): boolean {
  return (!step || entry.step === step) && (!host || entry.host === host);
}

const key = (phase: string, step: string, host: string): string => `${phase}/${step}/${host}`;
const noSteps = (): Record<StepState, number> => ({
  pending: 0,
  running: 0,
  waiting: 0,
  done: 0,
  'already-so': 0,
  skipped: 0,
  failed: 0,
});
