import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Decision } from '../../cluster/failover/decision.ts';
import { stepErrorOf } from '../step-error.ts';
import { heal } from './activities.ts';
import type { FailoverRecord } from './record.ts';

/** One attempt to heal at a time, beside the watching. `decide` counts them, so none is repeated here. */
export class Healing {
  readonly #record: FailoverRecord;
  readonly #done: () => void;
  #under = false;

  constructor(record: FailoverRecord, done: () => void) {
    this.#record = record;
    this.#done = done;
  }

  get idle(): boolean {
    return !this.#under;
  }

  /** False where another attempt is under way. */
  start(what: Extract<Decision, { do: 'heal' }>): boolean {
    if (this.#under) return false;
    this.#under = true;
    this.#record.event(`${what.host}: heal ${what.part}: ${what.why}`);
    void this.#run(what).finally(() => {
      this.#under = false;
      this.#done();
    });
    return true;
  }

  async #run({ part, host, why }: Extract<Decision, { do: 'heal' }>): Promise<void> {
    const record = this.#record;
    try {
      const { firstExecutionRunId } = workflowInfo();
      const { summary } = await heal(record.spec, part, host, record.controlPlane, firstExecutionRunId, why);
      record.event(`${host}: ${summary}`);
    } catch (failure) {
      if (isCancellation(failure)) return;
      record.event(`${host}: healing ${part} did not help: ${stepErrorOf(failure).message}`);
    }
  }
}
