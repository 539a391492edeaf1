import type { Memory } from './decision.ts';
import { countedGap, longestGap } from './limits.ts';
import type { Observation } from './picture.ts';

/** Something that is so or not in one picture, and counts once it has been so for a time. */
export interface Condition {
  readonly name: string;
  readonly is: boolean;
  /** ms */
  readonly after: number;
}

/**
 * Adds up for how long conditions hold. One that is not so in a single picture begins anew, and so do all after a gap
 * in the watching. What lies in a shorter gap was not seen and is not counted, but for the time between two looks.
 */
export function hold(
  memory: Memory,
  { since }: Observation,
  conditions: readonly Condition[],
): Memory['holds'] {
  const gap = since - (memory.until ?? -Infinity);
  const goesOn = gap >= 0 && gap <= longestGap;
  const unseen = Math.max(0, gap - countedGap);
  return Object.fromEntries(
    conditions
      .filter(({ is }) => is)
      .map(({ name }) => {
        const before = goesOn ? memory.holds[name] : undefined;
        return [name, before === undefined ? since : before + unseen];
      }),
  );
}

/** ms until it counts; 0 once it does, Infinity where it is not so. */
export function left(holds: Memory['holds'], now: number, { name, after }: Omit<Condition, 'is'>): number {
  const since = holds[name];
  return since === undefined ? Infinity : Math.max(0, after - (now - since));
}

export function stands(holds: Memory['holds'], now: number, condition: Omit<Condition, 'is'>): boolean {
  return left(holds, now, condition) === 0;
}
