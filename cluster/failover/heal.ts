import type { Ailment } from './ailments.ts';
import type { Decision, Memory } from './decision.ts';
import { left } from './holds.ts';
import { healPause, hour } from './limits.ts';
import type { Scene } from './scene.ts';

export interface HealJudgement {
  readonly heal?: Extract<Decision, { do: 'heal' }>;
  /** Ailments that stand though all attempts of the hour were made. */
  readonly exhausted: readonly Ailment[];
  readonly againInMs: number;
}

/** The most urgent ailment that stands and may be tried now. */
export function judgeHealing(
  { situation, now }: Scene,
  { holds, heals }: Pick<Memory, 'holds' | 'heals'>,
  ailments: readonly Ailment[],
): HealJudgement {
  const { healsAnHour } = situation.policy;
  const exhausted: Ailment[] = [];
  let heal: HealJudgement['heal'];
  let againInMs = Infinity;
  const again = (inMs: number) => (againInMs = Math.min(againInMs, inMs));
  // Two ailments may go by one name, such as an address that either load balancer may hold: `is` is each one's own.
  for (const ailment of ailments.filter(({ is }) => is)) {
    const lasts = left(holds, now, ailment);
    const attempts = heals[key(ailment)] ?? [];
    const pause = (attempts.at(-1) ?? -Infinity) + healPause - now;
    if (lasts > 0) again(lasts);
    else if (attempts.length >= healsAnHour) {
      exhausted.push(ailment);
      again((attempts[0] ?? Infinity) + hour - now);
    } else if (pause > 0 || heal) again(Math.max(pause, 0));
    else heal = { do: 'heal', part: ailment.part, host: ailment.host, why: ailment.why };
  }
  return { ...(heal && { heal }), exhausted, againInMs };
}

/** What is remembered of an attempt: it counts, and what led to it begins anew. */
export function attempted(
  { holds, heals }: Pick<Memory, 'holds' | 'heals'>,
  heal: Extract<Decision, { do: 'heal' }>,
  ailments: readonly Ailment[],
  now: number,
): Pick<Memory, 'holds' | 'heals'> {
  const its = ailments.filter(({ part, host }) => part === heal.part && host === heal.host);
  const names = new Set(its.map(({ name }) => name));
  return {
    holds: Object.fromEntries(Object.entries(holds).filter(([name]) => !names.has(name))),
    heals: { ...heals, [key(heal)]: [...(heals[key(heal)] ?? []), now] },
  };
}

function key({ part, host }: Pick<Ailment, 'part' | 'host'>): string {
  return `${part}:${host}`;
}
