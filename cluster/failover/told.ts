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
  const said = words.flatMap((word) => {
    const last = Object.hasOwn(before, word.name) ? before[word.name] : undefined;
    if (word.is && (last || stands(holds, now, word)))
      return [[word.name, { words: word.words, at: now }] as const];
    return last && now - last.at < wellAfter ? [[word.name, last] as const] : [];
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
  if (decision.do === 'wait')
    return passing.includes(decision.reason) ? undefined : { wait: decision, at: now };
  if (decision.do === 'promote' || !before || now - (before.at ?? now) >= waitLingers) return undefined;
  return { wait: before.wait, at: before.at ?? now };
}

/** ms until something that was told, and is so no more, is told no more. */
export function lingers({ degraded, wait }: Told, now: number): number {
  const words = Object.values(degraded).map(({ at }) => (at < now ? at + wellAfter - now : Infinity));
  const asked = wait?.at ?? now;
  return Math.min(...words, asked < now ? asked + waitLingers - now : Infinity);
}
