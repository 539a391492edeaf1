import type { Ailment } from './ailments.ts';
import type { Decision, HealPart, Memory, Situation } from './decision.ts';
import { left } from './holds.ts';
import { healPause, hour, marksAnHour } from './limits.ts';
import type { Scene } from './scene.ts';

type Heal = Extract<Decision, { do: 'heal' }>;

export interface HealJudgement {
  /** The most urgent ailment that stands and may be tried now. */
  readonly heal?: Heal;
  /** Ailments that stand though all attempts of the hour were made. */
  readonly exhausted: readonly Ailment[];
  /** ms until another could be tried, or is exhausted. */
  readonly againInMs: number;
}

export function judgeHealing(
  { situation, now }: Scene,
  { holds, heals, told }: Pick<Memory, 'holds' | 'heals' | 'told'>,
  ailments: readonly Ailment[],
): HealJudgement {
  // Two ailments may go by one name, such as an address that either load balancer may hold: `is` is each one's own.
  const present = ailments.filter(({ is }) => is);
  const exhausted: Ailment[] = [];
  let heal: Heal | undefined;
  let againInMs = Infinity;
  for (const ailment of present) {
    const attempts = heals[key(ailment)] ?? [];
    const isSpent = attempts.length >= mostAnHour(ailment.part, situation);
    const pause = lastOf(present, ailment, heals) + healPause - now;
    const inMs = Math.max(left(holds, now, ailment), pause);
    // The last attempt must have had its time too, unless a person was called before it.
    if (isSpent && (inMs <= 0 || wasCalled(told))) exhausted.push(ailment);
    else if (inMs > 0) againInMs = Math.min(againInMs, inMs);
    else if (!situation.paused)
      heal ??= { do: 'heal', part: ailment.part, host: ailment.host, why: ailment.why };
    if (isSpent) againInMs = Math.min(againInMs, (attempts[0] ?? Infinity) + hour - now);
  }
  return { ...(heal && { heal }), exhausted, againInMs };
}

/** Marking restarts nothing, and control-plane nodes that come and go need it each time that they register anew. */
export function mostAnHour(part: HealPart, { rules, policy: { healsAnHour } }: Situation): number {
  const marks = rules >= 2 && part === 'node-marks' && healsAnHour > 0;
  return marks ? Math.max(marksAnHour, healsAnHour) : healsAnHour;
}

/** What is remembered of an attempt. */
export function attempted(heals: Memory['heals'], heal: Heal, now: number): Memory['heals'] {
  return { ...heals, [key(heal)]: [...(heals[key(heal)] ?? []), now] };
}

/** Of all hosts that may be tried for the same ailment: one must have had its time before the next. */
function lastOf(ailments: readonly Ailment[], { name }: Ailment, heals: Memory['heals']): number {
  const same = ailments.filter((ailment) => ailment.name === name);
  return Math.max(...same.map((ailment) => heals[key(ailment)]?.at(-1) ?? -Infinity));
}

function wasCalled(told: Memory['told']): boolean {
  const reason = told?.wait?.wait.reason;
  return reason === 'healing-exhausted' || reason === 'api-down';
}

function key({ part, host }: Pick<Ailment, 'part' | 'host'>): string {
  return `${part}:${host}`;
}
