import { isCancellation } from '@temporalio/workflow';
import type { ChangeState } from '../../activities/change-state.ts';
import type { Situation } from '../../cluster/failover/decision.ts';
import { changeState } from './activities.ts';
import type { KnownChange } from './carried.ts';
import type { FailoverRecord } from './record.ts';

/** ms between two questions about a change that runs: it says by itself when it ends, unless it was terminated. */
const first = 5000;
const longest = 60_000;
/** ms between two wishes for room that are refused: each costs some sixty events. */
const longestWish = 600_000;

/** What is known of the cluster's change, asked for only when something is to be done: each question is history. */
export class ChangeCheck {
  readonly #record: FailoverRecord;

  constructor(record: FailoverRecord) {
    this.#record = record;
  }

  /** Asks, unless it is known that one runs and has been asked for just now. */
  look(): Promise<Situation['change']> {
    const { state } = this.#record.change;
    const found = state === 'running' && this.askAgainInMs > 0 ? Promise.resolve(state) : this.ask();
    // A turn of the queue more, and a run of before could do things in another order.
    return this.#record.rules < 6 ? found : this.#orRefuses(found);
  }

  async #orRefuses(asked: Promise<ChangeState['state']>): Promise<Situation['change']> {
    const found = await asked;
    return found === 'parked' && this.#wishInMs > 0 ? 'refuses' : found;
  }

  async ask(): Promise<ChangeState['state']> {
    try {
      const found = await changeState.executeWithOptions({ summary: 'is a change open?' }, [
        { cluster: this.#record.cluster },
      ]);
      if (found.state === 'running') this.isRunning(found);
      else this.#record.change = { ...found, askedAt: Date.now(), pause: 0, ...this.#wishesTo(found) };
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      // Not knowing is no leave to act.
      this.isRunning();
    }
    return this.#record.change.state;
  }

  /** Whether this run is over, by the last answer. One that is about to end is open still, and its word on the way. */
  isGone(runId: string): boolean {
    const { state, runId: open, unknown } = this.#record.change;
    if (unknown) return false;
    return open === undefined ? state === 'none' : open !== runId;
  }

  /** Without an answer, what was known of it stands. */
  isRunning(found: Partial<ChangeState> = { unknown: true }): void {
    const { rules, change } = this.#record;
    const { pause, ...known } = change;
    this.#record.change = {
      ...(found.unknown && rules >= 6 && known),
      ...found,
      state: 'running',
      askedAt: Date.now(),
      pause: Math.min(Math.max(first, pause * 2), longest),
    };
  }

  /** It waits for a person and makes no room: it is asked ever less often. */
  refuses(): void {
    const { rules, change } = this.#record;
    if (rules < 6) return this.isRunning();
    const { refusals = 0 } = change;
    const wishAt = Date.now() + Math.min(first * 2 ** refusals, longestWish);
    this.#record.change = { ...change, refusals: refusals + 1, wishAt };
  }

  /** What was seen to work in between may be willing now. */
  #wishesTo({ runId }: ChangeState): Pick<KnownChange, 'refusals' | 'wishAt'> {
    const { refusals, wishAt, runId: before } = this.#record.change;
    if (refusals === undefined || wishAt === undefined || runId !== before) return {};
    return { refusals, wishAt };
  }

  get #wishInMs(): number {
    return Math.max(0, (this.#record.change.wishAt ?? 0) - Date.now());
  }

  /** ms */
  get askAgainInMs(): number {
    const { state, askedAt, pause } = this.#record.change;
    if (state === 'parked') return Math.min(longest, this.#wishInMs);
    return Math.max(0, askedAt + pause - Date.now());
  }
}
