import type { Decision, Memory, Told, WaitReason } from './decision.ts';
import { stands } from './holds.ts';
import { waitLingers, wellAfter } from './limits.ts';
import type { Word } from './words.ts';

/** What is degraded is said once it has lasted, and for a while after it was last so. */
export function tellDegraded(
  holds: Memory['holds'],
  now: number,
  before: Told['degraded'],
  words: readonly Word[],
): Told['degraded'] {
  const said = words.flatMap(({ name, words, ...condition }) => {
    const told = Object.hasOwn(before, name) ? before[name] : undefined;
    if (condition.is && (told || stands(holds, now, { name, ...condition })))
      return [[name, { words }] as const];
    const gone = told?.gone ?? now;
    return told && now - gone < wellAfter ? [[name, { words: told.words, gone }] as const] : [];
  });
  return Object.fromEntries(said);
}

/** These end by themselves, and nobody need act: they are over when they are over. */
const passing: readonly WaitReason[] = ['change-running', 'cooldown'];

/** What a person was asked for still stands for a while, unless something else is asked or it was done. */
export function tellWait(
  decision: Decision,
  now: number,
  before: Told['wait'] | undefined,
): Told['wait'] | undefined {
  if (decision.do === 'wait') return passing.includes(decision.reason) ? undefined : { wait: decision };
  if (decision.do === 'promote' || !before) return undefined;
  const gone = before.gone ?? now;
  return now - gone < waitLingers ? { wait: before.wait, gone } : undefined;
}

/** ms until something that was told, and is so no more, is told no more. */
export function lingers({ degraded, wait }: Told, now: number): number {
  const words = Object.values(degraded).map(({ gone = Infinity }) => gone + wellAfter - now);
  return Math.min(...words, (wait?.gone ?? Infinity) + waitLingers - now);
}
