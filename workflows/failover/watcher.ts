import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Observation, Picture } from '../../cluster/failover/picture.ts';
import type { WatchInput } from '../../cluster/failover/watch-input.ts';
import { stepErrorOf } from '../step-error.ts';
import { watch } from './activities.ts';

export interface Look {
  readonly input: WatchInput;
  readonly known: Picture | undefined;
  readonly returnInMs: number;
  /** What the UI shows beside it. */
  readonly summary: string;
}

/** `interrupted`: neither seen nor failed to see, for something was said meanwhile. */
export type Looked = { readonly seen: Observation } | { readonly failed: string } | 'interrupted';

/** One watch at a time, which a person's word cuts short. */
export class Watcher {
  #scope: CancellationScope | undefined;
  #wanted = false;
  #failures = 0;

  /** Ends the watch that runs, so that the next one looks at once and something is decided. */
  lookNow(): void {
    this.#wanted = true;
    this.#scope?.cancel();
  }

  async look({ input, known, returnInMs, summary }: Look): Promise<Looked> {
    const scope = new CancellationScope();
    const forMs = this.#wanted ? 0 : Math.max(0, Math.round(returnInMs));
    this.#wanted = false;
    this.#scope = scope;
    try {
      const call = { ...input, ...(known && { known }), returnInMs: forMs };
      const options = { startToCloseTimeout: forMs + 60_000, summary: summary.slice(0, 200) };
      const seen = await scope.run(() => watch.executeWithOptions(options, [call]));
      this.#failures = 0;
      return { seen };
    } catch (failure) {
      if (CancellationScope.current().consideredCancelled) throw failure;
      if (isCancellation(failure) && scope.consideredCancelled) return 'interrupted';
      this.#failures += 1;
      return { failed: stepErrorOf(failure).message };
    } finally {
      this.#scope = undefined;
    }
  }

  /** After a watch that failed: 1 s, then twice that each time, until something is said. */
  async pause(): Promise<void> {
    const ms = Math.min(1000 * 2 ** (this.#failures - 1), 30_000);
    await condition(() => this.#wanted, ms, { summary: 'the watch failed: again after a pause' });
  }
}
