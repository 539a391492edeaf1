import type { Stage } from './stage.ts';

/** One verb of a rehearsal. */
export interface Act {
  readonly title: string;
  readonly args: readonly string[];
  /** A drill that failed does not make the next ones worthless. */
  readonly evenAfterFailure?: boolean;
}

export interface Played extends Act {
  /** The verb's exit code; undefined: it was not begun. */
  readonly code: number | undefined;
  readonly seconds: number;
  readonly tail: string;
}

/** Runs the acts in order; what cannot succeed after a failure, or after Ctrl-C, is not begun. */
export async function perform(
  acts: readonly Act[],
  on: Pick<Stage, 'run' | 'interrupted'>,
): Promise<readonly Played[]> {
  const played: Played[] = [];
  let stopped = false;
  for (const act of acts) {
    stopped ||= on.interrupted();
    if (stopped) {
      played.push({ ...act, code: undefined, seconds: 0, tail: '' });
      continue;
    }
    console.log(`\n=== ${act.title}: holdfast ${act.args.join(' ')}`);
    const { code, seconds, tail } = await on.run(act.args);
    played.push({ ...act, code, seconds, tail });
    stopped = code !== 0 && act.evenAfterFailure !== true;
  }
  return played;
}
