import type { Decision, Memory, Told } from './decision.ts';
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

/** Where nothing is decided, what a person was asked for still stands for a while. */
export function tellWait(
  decision: Decision,
  now: number,
  before: Told['wait'] | undefined,
): { readonly decision: Decision; readonly wait?: Told['wait'] } {
  if (decision.do === 'wait') return { decision, wait: { wait: decision, at: now } };
  // A promotion answers whatever was waited for.
  if (decision.do === 'promote' || !before || now - (before.at ?? now) >= waitLingers) return { decision };
  const wait = { wait: before.wait, at: before.at ?? now };
  return { decision: decision.do === 'nothing' ? before.wait : decision, wait };
}

/** ms until something that was told, and is so no more, is told no more. */
export function lingers({ degraded, wait }: Told, now: number): number {
  const words = Object.values(degraded).map(({ at }) => (at < now ? at + wellAfter - now : Infinity));
  const asked = wait?.at ?? now;
  return Math.min(...words, asked < now ? asked + waitLingers - now : Infinity);
}
