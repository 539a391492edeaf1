import type { ProbeLog, Stream, Try } from './probe-log.ts';

/** When something was broken and when it was put back: ms since 1970, by the prober's clock. */
export interface Marks {
  readonly fault: number;
  /** Absent: it was not put back while the prober looked. */
  readonly restored?: number;
}

/** What one client noticed of one way to the API. Seconds. */
export interface Outage extends Stream {
  readonly client: string;
  readonly tries: number;
  /** Failures that were over before the fault: noise, or a cluster that was not well. */
  readonly before: Failures;
  /** From the fault to the restoration. `first`, `last`: starts of failed tries, after the fault. */
  readonly fault: Failures;
  /** From the restoration on; seconds after that. */
  readonly restored: Failures;
  /** The longest time in which no try ended well. */
  readonly longestGap: number;
}

export interface Failures {
  readonly failed: number;
  /** Null: none failed. The first may be negative: begun just before the mark, and failed by it. */
  readonly first: number | null;
  readonly last: number | null;
  /** How often each error came. */
  readonly errors: Readonly<Record<string, number>>;
}

export function outagesOf(log: ProbeLog, marks: Marks): Outage[] {
  return log.streams.map(({ address, kind }, stream) => {
    const tries = log.tries.filter((one) => one.stream === stream);
    return { client: log.client, address, kind, ...outageOf(tries, marks) };
  });
}

type Numbers = Omit<Outage, 'client' | keyof Stream>;

export function outageOf(tries: readonly Try[], { fault, restored = Infinity }: Marks): Numbers {
  const failed = tries.filter((one) => one.error !== undefined).sort((a, b) => a.at - b.at);
  const window = { before: [] as Try[], fault: [] as Try[], restored: [] as Try[] };
  for (const one of failed) {
    // Under way when the fault came: the fault may have done it.
    if (one.at >= restored) window.restored.push(one);
    else if (endOf(one) >= fault) window.fault.push(one);
    else window.before.push(one);
  }
  return {
    tries: tries.length,
    before: failures(window.before, fault),
    fault: failures(window.fault, fault),
    restored: failures(window.restored, restored),
    longestGap: longestGap(tries),
  };
}

function failures(failed: readonly Try[], since: number): Failures {
  const after = (one: Try | undefined) => (one ? seconds(one.at - since) : null);
  const errors: Record<string, number> = {};
  for (const { error = '' } of failed) errors[error] = (errors[error] ?? 0) + 1;
  return { failed: failed.length, first: after(failed[0]), last: after(failed.at(-1)), errors };
}

/** Between the ends of two successes; the first start and the last end count as such. */
function longestGap(tries: readonly Try[]): number {
  if (tries.length === 0) return 0;
  const ends = tries.map(endOf);
  const edges = [min(tries.map(({ at }) => at)), -min(ends.map((end) => -end))];
  const good = tries.filter((one) => one.error === undefined).map(endOf);
  const times = [...edges, ...good].sort((a, b) => a - b);
  return seconds(times.reduce((gap, time, i) => Math.max(gap, time - (times[i - 1] ?? time)), 0));
}

const endOf = ({ at, ms }: Try): number => at + ms;
const seconds = (ms: number): number => Math.round(ms) / 1000;
const min = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);

/** What one stretch of time looked like to a stream. */
export type Look = 'none' | 'good' | 'mixed' | 'bad';

/** One look for each `width` ms from `from` to `to`, by when tries of the stream began. */
export function looks(
  { tries, every }: Pick<ProbeLog, 'tries' | 'every'>,
  stream: number,
  { from, to, width }: { readonly from: number; readonly to: number; readonly width: number },
): Look[] {
  const length = Math.max(0, Math.ceil((to - from) / width));
  const counts = Array.from({ length }, () => ({ good: 0, bad: 0 }));
  for (const { stream: own, at, error } of tries) {
    const count = own === stream ? counts[Math.floor((at - from) / width)] : undefined;
    if (count) count[error === undefined ? 'good' : 'bad'] += 1;
  }
  const seen = counts.map(({ good, bad }): Look => {
    if (good + bad === 0) return 'none';
    if (bad === 0) return 'good';
    return good === 0 ? 'bad' : 'mixed';
  });
  // As narrow as the tries' distance, a try that is a moment late leaves one empty, and nothing was left out.
  const before = (i: number) => (seen[i + 1] === 'none' ? undefined : seen[i - 1]);
  return width < 2000 * every ? seen.map((look, i) => (look === 'none' ? (before(i) ?? look) : look)) : seen;
}
