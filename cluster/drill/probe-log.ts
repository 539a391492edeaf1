import type { AddressName } from '../failover/picture.ts';

/** What one prober (activities/drill/prober.py) wrote. Times: ms since 1970, by the clock of its host. */
export interface ProbeLog {
  /** The host that it ran on. */
  readonly client: string;
  readonly streams: readonly Stream[];
  /** Seconds between two tries of a stream. */
  readonly every: number;
  readonly tries: readonly Try[];
  readonly stalls: readonly Stall[];
  /** When it ended by itself or was told to; absent: it was cut off. */
  readonly ended?: number;
}

export interface Stream {
  readonly address: AddressName;
  readonly kind: 'read' | 'write';
}

export interface Try {
  /** Number of its stream. */
  readonly stream: number;
  readonly at: number;
  readonly ms: number;
  /** How much later than planned it began, in ms. */
  readonly late: number;
  /** Why it failed; absent: it did not. */
  readonly error?: string;
}

/** The prober itself stood still, and so, most likely, did its whole machine. */
export interface Stall {
  readonly at: number;
  readonly ms: number;
}

/** Undefined where there is not even a first line. A last line that was cut off is left out. */
export function parseProbeLog(text: string): ProbeLog | undefined {
  const rows = text.split('\n').flatMap(row);
  const head = rows.find((one) => Array.isArray(one.streams));
  if (!head) return undefined;
  const end = rows.find((one) => typeof one.end === 'number');
  return {
    client: head.client as string,
    streams: head.streams as Stream[],
    every: head.every as number,
    tries: rows.flatMap((one) => asTry(one) ?? []).sort((a, b) => a.at - b.at),
    stalls: rows.flatMap(({ stall, at }) =>
      typeof stall === 'number' && typeof at === 'number' ? [{ at, ms: stall }] : [],
    ),
    ...(end && { ended: end.end as number }),
  };
}

type Row = Readonly<Record<string, unknown>>;

function row(line: string): Row[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [value as Row] : [];
  } catch {
    return [];
  }
}

function asTry({ s, at, ms, late, error }: Row): Try | undefined {
  if (typeof s !== 'number' || typeof at !== 'number' || typeof ms !== 'number') return undefined;
  return {
    stream: s,
    at,
    ms,
    late: typeof late === 'number' ? late : 0,
    ...(typeof error === 'string' && { error }),
  };
}
