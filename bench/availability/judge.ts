import { pace } from '../../activities/drill/prober.ts';
import { median } from '../table.ts';
import type { Promised } from './bounds.ts';

/** One run of a story, as it stands in results/availability.jsonl. */
export interface Run {
  readonly story: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly commit: string;
  /** Seconds, or counts. */
  readonly figures: Readonly<Record<string, number>>;
  /** What stood still of the machine itself, beside what was measured; in words. Absent: nothing did. */
  readonly stall?: string;
  /** Tries a second of a stream (reads or writes of a client through one address), where the machine could not carry ten. */
  readonly pace?: number;
}

/**
 * Tries a second of the slowest stream where each client makes ten new connections a second, the fewest that are a
 * measurement at all: of one that tries reads and writes through both addresses, and where each takes one address.
 */
const slowestPace = 2.5;
const splitPace = 5;
/** Seconds. Two tries of a stream are 0.4 s apart at the slowest pace, 0.2 s where it is split: too far for shorter bounds. */
const fineBound = (pace: number): number => (pace >= splitPace ? 1 : 5);

export interface Verdict {
  readonly story: string;
  /** Runs that count. */
  readonly runs: number;
  /** Runs that are left out: above a bound with a stall of the machine beside them, or probed more slowly. */
  readonly setAside: number;
  readonly figures: readonly Figure[];
  /** What does not hold, in words. Empty: all does. */
  readonly broken: readonly string[];
}

export interface Figure {
  readonly name: string;
  readonly median: number;
  readonly worst: number;
  readonly bound?: number;
  /** Runs within the bound. */
  readonly within: number;
}

/** Of the runs that count: older ones say little of today's code. */
const newest = 10;

/**
 * A bound holds when the median is within it, and so are four of five runs. A run above one is set aside only with a
 * stall of the machine recorded beside it; one that was probed too slowly for its bounds never counts.
 */
export function judge({ story, bounds }: Promised, all: readonly Run[]): Verdict {
  const above = ({ figures }: Run) =>
    Object.entries(bounds).some(([name, bound]) => (figures[name] ?? Infinity) > bound);
  const counts = (run: Run) => probedEnough(run, bounds) && (run.stall === undefined || !above(run));
  const ofStory = all.filter((run) => run.story === story).map(atMost);
  const counted = ofStory.filter(counts).slice(-newest);
  const first = counted[0];
  const own = counted.length === newest && first ? ofStory.slice(ofStory.indexOf(first)) : ofStory;
  const names = [
    ...new Set([...Object.keys(bounds), ...counted.flatMap(({ figures }) => Object.keys(figures))]),
  ];
  const figures = names.map((name) => figure(name, bounds[name], counted));
  return {
    story,
    runs: counted.length,
    setAside: own.length - counted.length,
    figures,
    broken:
      counted.length === 0
        ? [`${story}: no run counts`]
        : figures.flatMap((one) => whyBroken(story, one, counted.length)),
  };
}

/** What failed between two tries was not seen: by as much as they are further apart than in a measurement, it may have lasted longer. */
function atMost(run: Run): Run {
  const unseen = run.pace === undefined ? 0 : 1 / run.pace - pace.every;
  const [read, write] = [run.figures.read, run.figures.write].map((at) => (at ? at + unseen : at));
  const figures = {
    ...run.figures,
    ...(read !== undefined && { read }),
    ...(write !== undefined && { write }),
  };
  return { ...run, figures };
}

function probedEnough({ pace: tries }: Run, bounds: Promised['bounds']): boolean {
  if (tries === undefined) return true;
  const ofClients = [bounds.read, bounds.write].filter((bound) => bound !== undefined);
  // What nobody's reads or writes are measured for is told by holdfast itself, however often a client tries.
  if (ofClients.length === 0) return true;
  // Zero is fine too: that no try failed is told by any number of them.
  return tries >= slowestPace && ofClients.every((bound) => bound === 0 || bound >= fineBound(tries));
}

function figure(name: string, bound: number | undefined, runs: readonly Run[]): Figure {
  // A figure that a run has not is no good one.
  const values = runs.map(({ figures }) => figures[name] ?? (bound === undefined ? NaN : Infinity));
  const known = values.filter((value) => !Number.isNaN(value));
  return {
    name,
    median: median(known),
    worst: Math.max(...known),
    ...(bound !== undefined && { bound }),
    within: bound === undefined ? known.length : known.filter((value) => value <= bound).length,
  };
}

function whyBroken(story: string, { name, bound, median: middle, within }: Figure, runs: number): string[] {
  if (bound === undefined) return [];
  const enough = within >= runs - Math.floor(runs / 5);
  if (middle <= bound && enough) return [];
  return [
    `${story}: ${name} is within ${bound} s in ${within} of ${runs} runs, median ${middle.toFixed(2)} s`,
  ];
}
