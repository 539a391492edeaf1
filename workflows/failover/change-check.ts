import { isCancellation } from '@temporalio/workflow';
import type { Situation } from '../../cluster/failover/decision.ts';
import { changeState } from './activities.ts';
import type { FailoverRecord } from './record.ts';

/** ms between two questions about a change that runs: it says by itself when it ends, unless it was terminated. */
const first = 5000;
const longest = 60_000;

/** What is known of the cluster's change, asked for only when something is to be done: each question is history. */
export class ChangeCheck {
  readonly #record: FailoverRecord;

  constructor(record: FailoverRecord) {
    this.#record = record;
  }

  /** Asks, unless it is known that one runs and has been asked for just now. */
  look(): Promise<Situation['change']> {
    const { state } = this.#record.change;
    return state === 'running' && this.askAgainInMs > 0 ? Promise.resolve(state) : this.ask();
  }

  async ask(): Promise<Situation['change']> {
    try {
      const found = await changeState.executeWithOptions({ summary: 'is a change open?' }, [
        { cluster: this.#record.cluster },
      ]);
      if (found.state === 'running') this.isRunning(found);
      else this.#record.change = { ...found, askedAt: Date.now(), pause: 0 };
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      // Not knowing is no leave to act.
      this.isRunning();
    }
    return this.#record.change.state;
  }

  isRunning(found: { readonly runId?: string; readonly workflowType?: string } = {}): void {
    const { pause } = this.#record.change;
    this.#record.change = {
      ...found,
      state: 'running',
      askedAt: Date.now(),
      pause: Math.min(Math.max(first, pause * 2), longest),
    };
  }

  /** ms */
  get askAgainInMs(): number {
    const { askedAt, pause } = this.#record.change;
    return Math.max(0, askedAt + pause - Date.now());
  }
}
