import { colors } from '../colors.ts';
import type { FailoverEvent, FailoverStatus } from '../../cluster/failover/status.ts';
import { day, waitText } from './in-words.ts';
import { stateText } from './text.ts';

/** Lines for who follows failover: at the first look how it is, then what has changed since the last one. */
export class FailoverLines {
  #state: string | undefined;
  #newest = '';
  #wait = '';

  lines(status: FailoverStatus): readonly string[] {
    const first = this.#state === undefined;
    // What is degraded and what is waited for begins with an event, which says the same.
    const events = this.#freshEvents(status).map(({ at, what }) => `${day(at)}  ${what}`);
    return [
      ...(first ? [] : events),
      ...this.#stateLine(status),
      ...(first ? status.degraded.map((what) => colors.yellow(`  degraded: ${what}`)) : []),
      ...this.#waitLines(status, first),
    ];
  }

  #stateLine({ cluster, state, since }: FailoverStatus): string[] {
    const now = `${state} ${since}`;
    if (now === this.#state) return [];
    this.#state = now;
    return [`${day(since)}  ${cluster}: ${stateText(state)}`];
  }

  #freshEvents({ events }: FailoverStatus): readonly FailoverEvent[] {
    const seen = events.findLastIndex((event) => keyOf(event) === this.#newest);
    const newest = events.at(-1);
    if (newest) this.#newest = keyOf(newest);
    return events.slice(seen + 1);
  }

  #waitLines({ waitingFor }: FailoverStatus, first: boolean): readonly string[] {
    const now = waitingFor ? `${waitingFor.reason} ${waitingFor.why}` : '';
    if (now === this.#wait) return [];
    this.#wait = now;
    return waitingFor ? waitText(waitingFor).slice(first ? 0 : 1) : [];
  }
}

const keyOf = ({ at, what }: FailoverEvent): string => `${at} ${what}`;
