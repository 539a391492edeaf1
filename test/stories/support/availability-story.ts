import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promisedBy } from '../../../bench/availability/bounds.ts';
import { judge } from '../../../bench/availability/judge.ts';
import { addRun, readRuns } from '../../../bench/availability/results.ts';
import { type Measure, measure } from './measure.ts';
import { type StoryLab, poweredOn, settled, storyLab } from './story-lab.ts';

const runs = Number(process.env.HOLDFAST_RUNS ?? 1);
const fewestRuns = 5;

export interface AvailabilityStory {
  /** As bench/availability/bounds.ts names it. */
  readonly story: string;
  /** Hosts that probe; none that the story breaks. */
  readonly clients?: readonly string[];
  /** The most that one run takes. */
  readonly minutes?: number;
  readonly body: (lab: StoryLab, run: Measure) => Promise<void>;
  /** What must hold at the end of a run beside the bounds. */
  readonly afterwards?: (lab: StoryLab) => Promise<void>;
}

/**
 * HOLDFAST_RUNS runs of a story, each added to the results. A bound is one of a median and of four runs in five, so it
 * is judged where at least five are run: a single run tells whether the cluster comes through it, not how fast.
 */
export function availabilityStory({
  story,
  clients,
  minutes = 30,
  body,
  afterwards,
}: AvailabilityStory): void {
  const promised = promisedBy(story);
  describe(promised.what, () => {
    let lab: StoryLab;
    beforeAll(async () => void (lab = await storyLab()));
    afterAll(() => lab.close());

    for (let n = 1; n <= runs; n += 1)
      it(
        `is measured (${n} of ${runs})`,
        async () => {
          const at = new Date().toISOString();
          const who = clients ?? ['bastion-1', 'worker-3'];
          const { figures, stall, pace } = await measure(
            lab,
            story,
            who,
            (run) => body(lab, run),
            minutes,
          ).finally(() => poweredOn(lab));
          addRun({
            ...{ story, at, commit: await commit(), figures },
            ...(stall !== undefined && { stall }),
            ...(pace !== undefined && { pace }),
          });
          await settled(lab);
          await afterwards?.(lab);
        },
        (minutes + 20) * 60_000,
      );

    if (runs >= fewestRuns)
      it(`is within its bounds: ${JSON.stringify(promised.bounds)}`, () => {
        expect(judge(promised, readRuns()).broken).toEqual([]);
      });
  });
}

async function commit(): Promise<string> {
  const { stdout } = await execa('git', ['describe', '--always', '--dirty', '--abbrev=10'], {
    cwd: import.meta.dirname,
    reject: false,
  });
  return stdout;
}
