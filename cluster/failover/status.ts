import type { Decision, Readiness, Wait } from './decision.ts';
import type { Picture } from './picture.ts';

/** The `status` query of the failover workflow. **Contract**: people parse it. Times: ISO 8601, UTC. */
export interface FailoverStatus {
  readonly workflowType: 'failover';
  readonly runId: string;
  readonly cluster: string;
  readonly state: FailoverState;
  /** Since when it is in this state. */
  readonly since: string;
  /** What is not as it should be, in words. */
  readonly degraded: readonly string[];
  readonly picture?: Picture;
  /** Since when the picture is as it is. */
  readonly pictureSince?: string;
  readonly controlPlane: readonly string[];
  /** Control-plane nodes that the spec has added and that have never served. */
  readonly joining?: readonly string[];
  /** Worker nodes that were promoted. */
  readonly promoted: readonly string[];
  /** Of these, the one whose demotion is open. */
  readonly demoting?: string;
  /** Of these, those whose demotion is open or ended before its last step, and that do not serve. */
  readonly halfDemoted?: readonly string[];
  /** The worker node whose promotion ended before its last step: to be finished, or taken back by a demotion. */
  readonly unfinished?: string;
  /** Control-plane nodes of the spec that a person removed for good. */
  readonly forgotten: readonly string[];
  readonly candidates: Readonly<Record<string, Readiness | null>>;
  readonly decision: Decision;
  /** Why it waits for a person, and what would help. */
  readonly waitingFor?: Wait;
  /** Who paused it and why. */
  readonly paused?: { readonly reason: string; readonly since: string };
  /** What happened, newest last, at most 50. */
  readonly events: readonly FailoverEvent[];
  readonly refused: readonly { readonly signal: string; readonly why: string }[];
  readonly backup?: BackupHealth;
}

export type FailoverState = 'watching' | 'degraded' | 'promoting' | 'paused';

export interface FailoverEvent {
  readonly at: string;
  /** One line for a person. */
  readonly what: string;
}

/** What the backup workflow last reported. */
export interface BackupHealth {
  /** When the newest backup that could be opened was made. */
  readonly newest?: string;
  /** Why it is not well: too old, cannot be opened, a place that cannot be reached. */
  readonly problem?: string;
}
