import type { Decision, Memory, Readiness, Rules, Wait } from '../../cluster/failover/decision.ts';
import type { OpenDemotion } from '../../cluster/failover/demotion-request.ts';
import type { Observation } from '../../cluster/failover/picture.ts';
import type { BackupHealth, FailoverEvent, FailoverState } from '../../cluster/failover/status.ts';
import type { OpenPromotion } from '../../cluster/failover/promotion-request.ts';
import type { Notification } from '../../cluster/failover/notification.ts';
import type { FailoverInput, FailoverRequest } from '../contract.ts';

/** What the workflow is run with: a person's start has the spec alone, its own continue-as-new all that it learned. */
export interface FailoverRun extends FailoverInput {
  readonly learned?: Carried;
}

/** All that failover knows beside the spec. Plain and bounded: it stands in the first event of each run. */
export interface Carried {
  /** Of the run before: what is shown before the first look goes by them. */
  readonly rules?: Rules;
  readonly promoted: readonly string[];
  readonly forgotten: readonly string[];
  readonly joining?: readonly string[];
  readonly demoting?: OpenDemotion;
  readonly halfDemoted?: readonly string[];
  readonly memory: Memory;
  readonly readiness: Readonly<Record<string, Readiness>>;
  readonly events: readonly FailoverEvent[];
  readonly refused: readonly { readonly signal: string; readonly why: string }[];
  readonly leaveAlone: Readonly<Record<string, number>>;
  readonly decision: Decision;
  readonly degraded: readonly string[];
  readonly state: FailoverState;
  readonly since: number;
  readonly told: string;
  readonly toldLines?: readonly string[];
  readonly said: readonly string[];
  readonly wait?: Wait;
  readonly notices: readonly Notification[];
  readonly change: KnownChange;
  readonly paused?: { readonly reason: string; readonly since: string };
  readonly approval?: { readonly reason: string; readonly by: string; readonly at: number };
  readonly request?: FailoverRequest;
  /** Why the last promotion ended before its last step. */
  readonly stopped?: string;
  readonly unfinished?: string;
  readonly formerly?: readonly string[];
  readonly justDemoted?: readonly string[];
  readonly seen?: Observation;
  readonly pictureSince?: number;
  readonly cooldownDue?: boolean;
  readonly lookedAt?: number;
  readonly backup?: BackupHealth;
  /** One that waits for a person, maybe for days. */
  readonly promotion?: OpenPromotion;
}

/** What is known of an open change, and when it is asked for again: each question costs a piece of history. */
export interface KnownChange {
  readonly state: 'none' | 'running' | 'parked';
  readonly runId?: string;
  readonly workflowType?: string;
  readonly askedAt: number;
  readonly pause: number;
  /** There was no answer: it is taken for one that runs. */
  readonly unknown?: true;
  /** How often it was asked to make room and did not, and when it is asked again. */
  readonly refusals?: number;
  readonly wishAt?: number;
}

const kept: Readonly<Record<keyof Carried, true>> = {
  rules: true,
  promoted: true,
  forgotten: true,
  joining: true,
  demoting: true,
  halfDemoted: true,
  memory: true,
  readiness: true,
  events: true,
  refused: true,
  leaveAlone: true,
  decision: true,
  degraded: true,
  state: true,
  since: true,
  told: true,
  toldLines: true,
  said: true,
  wait: true,
  notices: true,
  change: true,
  paused: true,
  approval: true,
  request: true,
  stopped: true,
  unfinished: true,
  formerly: true,
  justDemoted: true,
  seen: true,
  pictureSince: true,
  cooldownDue: true,
  lookedAt: true,
  backup: true,
  promotion: true,
};

export function carriedOf(record: Record<keyof Carried, unknown>): Carried {
  const keys = Object.keys(kept) as (keyof Carried)[];
  const known = keys.flatMap((key) => (record[key] === undefined ? [] : [[key, record[key]] as const]));
  return Object.fromEntries(known) as unknown as Carried;
}
