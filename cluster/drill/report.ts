import { outagesOf } from './outage.ts';
import type { Marks, Outage } from './outage.ts';
import type { ProbeLog } from './probe-log.ts';

/** What a drill or a story came to: `report.json`, and what markdown is made of. **Contract**: people parse it. */
export interface Report {
  readonly cluster: string;
  readonly story: string;
  /** What was done, in words: "master-2 frozen". */
  readonly what: string;
  /** ISO 8601, UTC. */
  readonly fault: string;
  /** Seconds after the fault. */
  readonly restored?: number;
  /** One for each client, address and kind. */
  readonly outages: readonly Outage[];
  /** What else happened; seconds after the fault. */
  readonly events: readonly ReportEvent[];
  /** When a prober itself stood still; seconds after the fault. A figure beside one says nothing of the cluster. */
  readonly stalls: readonly { readonly client: string; readonly at: number; readonly seconds: number }[];
  /** Clients whose prober did not come to its end. */
  readonly cutOff: readonly string[];
}

export interface ReportEvent {
  readonly at: number;
  readonly what: string;
}

/** All that a report is made of. */
export interface ReportInput {
  readonly cluster: string;
  readonly story: string;
  readonly what: string;
  readonly marks: Marks;
  /** Times in ms since 1970. */
  readonly events: readonly ReportEvent[];
  readonly logs: readonly ProbeLog[];
}

export function reportOf({ cluster, story, what, marks, events, logs }: ReportInput): Report {
  const after = (at: number) => Math.round(at - marks.fault) / 1000;
  return {
    cluster,
    story,
    what,
    fault: new Date(marks.fault).toISOString(),
    ...(marks.restored !== undefined && { restored: after(marks.restored) }),
    outages: logs.flatMap((log) => outagesOf(log, marks)),
    events: [...events]
      .sort((a, b) => a.at - b.at)
      .map(({ at, what: happened }) => ({ at: after(at), what: happened })),
    stalls: logs.flatMap(({ client, stalls }) =>
      stalls.map(({ at, ms }) => ({ client, at: after(at), seconds: Math.round(ms) / 1000 })),
    ),
    cutOff: logs.filter(({ ended }) => ended === undefined).map(({ client }) => client),
  };
}

/** The worst of all clients: when the last failed try of this kind began, in seconds after the fault. Null: none failed. */
export function lastFailed({ outages }: Pick<Report, 'outages'>, kind: 'read' | 'write'): number | null {
  const last = outages.flatMap((one) => (one.kind === kind ? (one.fault.last ?? []) : []));
  return last.length === 0 ? null : Math.max(...last);
}
