import { colors } from '../colors.ts';
import type { FailoverEvent, FailoverStatus } from '../../cluster/failover/status.ts';
import { day, waitText } from './in-words.ts';
import { stateText } from './text.ts';

/** Lines for who follows failover: what has changed since the last look, each thing once. */
export class FailoverLines {
  #state = '';
  #degraded: readonly string[] = [];
  #wait = '';
  /** Undefined before the first look. */
  #newest: string | undefined;

  lines(status: FailoverStatus): readonly string[] {
    return [
      ...this.#eventLines(status),
      ...this.#stateLine(status),
      ...this.#degradedLines(status),
      ...this.#waitLines(status),
    ];
  }

  #stateLine({ cluster, state, since }: FailoverStatus): string[] {
    const now = `${state} ${since}`;
    if (now === this.#state) return [];
    this.#state = now;
    return [`${day(since)}  ${cluster}: ${stateText(state)}`];
  }

  #degradedLines({ degraded }: FailoverStatus): string[] {
    const fresh = degraded.filter((what) => !this.#degraded.includes(what));
    const gone = this.#degraded.filter((what) => !degraded.includes(what));
    this.#degraded = degraded;
    return [
      ...fresh.map((what) => colors.yellow(`  degraded: ${what}`)),
      ...gone.map((what) => colors.green(`  no longer: ${what}`)),
    ];
  }

  /** Of the first look the newest event alone; then all that came after the one that was shown last. */
  #eventLines({ events }: FailoverStatus): string[] {
    const seen = events.findLastIndex((event) => keyOf(event) === this.#newest);
    const fresh = this.#newest === undefined ? events.slice(-1) : events.slice(seen + 1);
    const newest = events.at(-1);
    this.#newest = newest ? keyOf(newest) : '';
    return fresh.map(({ at, what }) => `${day(at)}  ${what}`);
  }

  #waitLines({ waitingFor }: FailoverStatus): readonly string[] {
    const now = waitingFor ? `${waitingFor.reason} ${waitingFor.why}` : '';
    if (now === this.#wait) return [];
    this.#wait = now;
    return waitingFor ? waitText(waitingFor) : ['failover waits for nobody any more'];
  }
}

const keyOf = ({ at, what }: FailoverEvent): string => `${at} ${what}`;
