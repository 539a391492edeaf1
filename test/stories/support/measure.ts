import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pace } from '../../../activities/drill/prober.ts';
import { reportMarkdown } from '../../../cluster/drill/markdown.ts';
import { lastFailed, reportOf } from '../../../cluster/drill/report.ts';
import type { Report, ReportInput } from '../../../cluster/drill/report.ts';
import { outageSvg } from '../../../cluster/drill/svg.ts';
import { Machine } from './machine.ts';
import type { MachineStall } from './machine.ts';
import { Probers } from './probers.ts';
import { type StoryLab, storyFolder } from './story-lab.ts';

/** One run of a story, under way. */
export class Measure {
  what = '';
  at: { fault?: number; restored?: number } = {};
  readonly events: { at: number; what: string }[] = [];
  readonly figures: Record<string, number> = {};

  /** Breaks something; the clock starts just before. */
  async fault(what: string, act: () => Promise<unknown>): Promise<void> {
    this.what = what;
    this.at.fault = Date.now();
    await act();
  }

  /** Puts it back; what fails from just before on is told apart. */
  async restored(act: () => Promise<unknown>): Promise<void> {
    this.at.restored = Date.now();
    await act();
  }

  event(what: string): void {
    this.events.push({ at: Date.now(), what });
  }

  /** Seconds since the fault. */
  get seconds(): number {
    return (Date.now() - (this.at.fault ?? Date.now())) / 1000;
  }

  wait(seconds: number): Promise<void> {
    return pause(seconds * 1000);
  }
}

export interface Measured {
  readonly report: Report;
  readonly figures: Readonly<Record<string, number>>;
  readonly stall?: string;
  /** Tries a second of a stream, where it was slower than in a measurement. */
  readonly pace?: number;
}

/**
 * Probes from several hosts at once while `body` breaks and puts back. Leaves report, figures and picture in the
 * stories' folder. `minutes`: the most that it may take; probers end then, whatever becomes of this process.
 */
export async function measure(
  lab: StoryLab,
  story: string,
  clients: readonly string[],
  body: (run: Measure) => Promise<void>,
  minutes = 30,
): Promise<Measured> {
  const probers = await Probers.start(lab, clients, minutes);
  const machine = new Machine(storyFolder);
  const run = new Measure();
  const tries = 1 / probers.every;
  const slower = probers.every > pace.every && { pace: tries };
  if (slower) run.event(`${tries} tries a second of a stream, not ten: this machine cannot carry more`);
  try {
    await body(run);
    const logs = await probers.stop();
    const stalls = await machine.stop();
    const { fault = Date.now(), restored } = run.at;
    const input: ReportInput = {
      ...{ cluster: lab.name, story, what: run.what, events: run.events },
      marks: { fault, ...(restored !== undefined && { restored }) },
      logs,
    };
    const measured = { ...figuresOf(input, run, stalls), ...slower };
    await keep(input, measured);
    return measured;
  } finally {
    await machine.stop();
    await probers.remove();
  }
}

function figuresOf(input: ReportInput, run: Measure, machine: readonly MachineStall[]): Measured {
  const report = reportOf(input);
  const most = (pick: (one: Report['outages'][number]) => number) =>
    Math.max(0, ...report.outages.map((one) => pick(one)));
  const [read, write] = [lastFailed(report, 'read') ?? 0, lastFailed(report, 'write') ?? 0];
  const figures = {
    read: Math.max(0, read),
    write: Math.max(0, write),
    failedReads: most((one) => (one.kind === 'read' ? one.fault.failed : 0)),
    failedWrites: most((one) => (one.kind === 'write' ? one.fault.failed : 0)),
    longestGap: most(({ longestGap }) => longestGap),
    failedBefore: most(({ before }) => before.failed),
    ...(report.restored !== undefined && {
      failedOnceBack: most(({ restored }) => restored.failed),
      lastOnceBack: most(({ restored }) => Math.max(0, restored.last ?? 0)),
    }),
    ...run.figures,
  };
  const stall = stallsBeside(input, machine, Math.max(read, write));
  return { report, figures, ...(stall !== '' && { stall }) };
}

/** One line of the results holds no more: an hour under load has hundreds. */
const mostStalls = 40;

/** Stalls of the machine, or of a prober, from a second before the fault to the end of the last failed try. */
function stallsBeside({ logs, marks }: ReportInput, machine: readonly MachineStall[], last: number): string {
  const all = [
    ...machine.map(({ at, ms, of }) => ({ at, ms, of: `the machine's ${of}` })),
    ...logs.flatMap(({ client, stalls }) => stalls.map(({ at, ms }) => ({ at, ms, of: client }))),
  ];
  const end = marks.fault + last * 1000 + 1200;
  const beside = all.filter(({ at, ms }) => at + ms >= marks.fault - 1000 && at <= end);
  const told = beside
    .slice(0, mostStalls)
    .map(({ at, ms, of }) => `${of} ${Math.round(ms)} ms at ${((at - marks.fault) / 1000).toFixed(2)} s`);
  const more = beside.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

async function keep(input: ReportInput, { report }: Measured): Promise<void> {
  const folder = join(storyFolder, 'reports');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${input.story}-${report.fault.replaceAll(/[:.]/g, '')}`);
  await writeFile(`${file}.json`, JSON.stringify(report, null, 2));
  await writeFile(`${file}.md`, reportMarkdown(input));
  await writeFile(`${file}.svg`, outageSvg(input));
  console.log(reportMarkdown(input));
}
