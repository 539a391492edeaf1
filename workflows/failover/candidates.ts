import { isCancellation } from '@temporalio/workflow';
import { candidatesInput } from '../../cluster/failover/candidates-input.ts';
import type { Readiness } from '../../cluster/failover/decision.ts';
import { lookAgain } from '../../cluster/failover/limits.ts';
import { openCandidates } from '../../cluster/failover/situation.ts';
import { stepErrorOf } from '../step-error.ts';
import { checkCandidates } from './activities.ts';
import type { FailoverRecord } from './record.ts';

const hour = 3_600_000;

/** Looks at the candidates beside the watching: hourly, so that what they are good for is known when it is needed. */
export class Candidates {
  readonly #record: FailoverRecord;
  readonly #done: () => void;
  #looking = false;
  #wanted = false;

  /** `done`: called after a look that was asked for by a decision. */
  constructor(record: FailoverRecord, done: () => void) {
    this.#record = record;
    this.#done = done;
  }

  get idle(): boolean {
    return !this.#looking;
  }

  /** ms until the next look is due. */
  get dueInMs(): number {
    const { lookedAt } = this.#record;
    if (this.#looking || this.#candidates.length === 0) return hour;
    return lookedAt === undefined ? 0 : Math.max(0, lookedAt + hour - Date.now());
  }

  get #candidates(): readonly string[] {
    return openCandidates(this.#record.spec, this.#record).map(({ name }) => name);
  }

  look(why: string, wanted: boolean): void {
    this.#wanted ||= wanted;
    this.#begin(why, false);
  }

  /**
   * What is known may be an hour old, and while a loss is confirmed there is time for a look. One that finds nothing out
   * does not unsay what was known: it is made at the worst of times.
   */
  lookOnceMore(): void {
    const isWorthIt = this.#candidates.length > 0 && this.#record.lookedAgoMs > lookAgain;
    if (isWorthIt) this.#begin('a loss is being confirmed', true);
  }

  #begin(why: string, keepsKnown: boolean): void {
    if (this.#looking) return;
    this.#looking = true;
    void this.#look(why, keepsKnown).finally(() => {
      this.#looking = false;
      if (this.#wanted) this.#done();
      this.#wanted = false;
    });
  }

  async #look(why: string, keepsKnown: boolean): Promise<void> {
    const record = this.#record;
    const candidates = this.#candidates;
    const known = record.readiness;
    try {
      record.readiness = await checkCandidates.executeWithOptions(
        { summary: `look at the candidates: ${why}`.slice(0, 200) },
        [candidatesInput(record.spec, { candidates })],
      );
    } catch (failure) {
      if (isCancellation(failure)) return;
      const unknown = { problem: 'unknown', why: stepErrorOf(failure).message.slice(0, 300) } as const;
      record.readiness = Object.fromEntries(candidates.map((name) => [name, unknown]));
    }
    if (keepsKnown) record.readiness = knownBetter(known, record.readiness);
    record.lookedAt = Date.now();
    record.changed();
  }
}

function knownBetter(known: Known, found: Known): Known {
  const kept = Object.entries(found).map(([name, one]): [string, Readiness] => [
    name,
    (one.problem === 'unknown' && Object.hasOwn(known, name) && known[name]) || one,
  ]);
  return Object.fromEntries(kept);
}

type Known = FailoverRecord['readiness'];
