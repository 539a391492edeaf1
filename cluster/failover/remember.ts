import type { Judgement, Memory, Situation, Wait } from './decision.ts';
import { hour } from './limits.ts';
import type { Observation } from './picture.ts';

export function isInOrder({ since, until }: Observation): boolean {
  return Number.isFinite(since) && Number.isFinite(until) && until >= since;
}

/**
 * The memory, as of an observation. Times that lie after it were told by another clock: they count from now, so that a
 * clock that was set back makes a pause longer and never endless.
 */
export function settled({ missed: _, ...memory }: Memory, { until: now }: Observation): Memory {
  const past = (at: number) => Math.min(at, now);
  const heals = Object.entries(memory.heals).map(
    ([name, times]) => [name, times.map(past).filter((at) => at > now - hour)] as const,
  );
  const { promotionEnded, looked, told } = memory;
  const since = <T extends { readonly gone?: number }>(one: T): T =>
    one.gone === undefined ? one : { ...one, gone: past(one.gone) };
  const degraded = Object.entries(told?.degraded ?? {}).map(([name, word]) => [name, since(word)] as const);
  return {
    ...memory,
    heals: Object.fromEntries(heals.filter(([, times]) => times.length > 0)),
    ...(promotionEnded !== undefined && { promotionEnded: past(promotionEnded) }),
    ...(looked !== undefined && { looked: past(looked) }),
    told: { degraded: Object.fromEntries(degraded), ...(told?.wait && { wait: since(told.wait) }) },
  };
}

/**
 * Nothing was seen, so nothing is confirmed and nothing begun. One failed watch (a worker that is started again) leaves
 * what people were told as it is; the second in a row is for a person. The next watch looks at once: the picture may
 * be the one that was known, and its countdowns are to begin.
 */
export function missed({ until: _, ...memory }: Memory, { cluster }: Situation): Judgement {
  const inARow = (memory.missed ?? 0) + 1;
  const degraded = memory.told?.degraded ?? {};
  const words = Object.values(degraded).map((one) => one.words);
  const wait = inARow > 1 ? unseen(cluster) : memory.told?.wait?.wait;
  return {
    memory: {
      ...memory,
      holds: {},
      missed: inARow,
      // From when something is seen again, it stands for a while.
      told: { degraded, ...(wait && { wait: { wait } }) },
    },
    decision: wait ?? { do: 'nothing' },
    ...(wait && { waitingFor: wait }),
    degraded: inARow > 1 ? ['the watch fails, so nothing is seen', ...words] : words,
    againInMs: 1,
  };
}

function unseen(cluster: string): Wait {
  return {
    do: 'wait',
    reason: 'blind',
    why: 'The watch fails: nothing is seen of the cluster',
    help: [`holdfast status ${cluster}`],
  };
}
