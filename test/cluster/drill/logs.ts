import type { ProbeLog, Stream, Try } from '../../../cluster/drill/probe-log.ts';

/** 2026-11-25 03:00:00 UTC: when the tries of these tests begin. */
export const start = Date.UTC(2026, 10, 25, 3);

export const streams: readonly Stream[] = [
  { address: 'internal', kind: 'read' },
  { address: 'internal', kind: 'write' },
];

/** A log as a prober leaves it: ten tries a second of each stream; those that begin in a bad time (seconds) fail. */
export function probeLog(
  client: string,
  seconds: number,
  bad: readonly { stream: number; from: number; to: number; error?: string }[] = [],
): ProbeLog {
  const tries: Try[] = [];
  for (let turn = 0; turn < seconds * 20; turn += 1) {
    const stream = turn % 2;
    const at = start + turn * 50;
    const failed = bad.find(
      (one) => one.stream === stream && at >= start + one.from * 1000 && at < start + one.to * 1000,
    );
    tries.push(
      failed
        ? { stream, at, ms: 1000, late: 0.3, error: failed.error ?? 'connect timeout' }
        : { stream, at, ms: 8, late: 0.3 },
    );
  }
  return { client, streams, every: 0.1, tries, stalls: [], ended: start + seconds * 1000 + 1200 };
}
