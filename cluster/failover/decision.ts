import type { Observation } from './picture.ts';

/** What `decide` knows beside what is seen. From the cluster's spec and from the failover workflow's own record. */
export interface Situation {
  /** The cluster's name, for the commands that a wait names. */
  readonly cluster: string;
  /** Hosts that serve as control plane: the spec's, less those forgotten, plus those promoted. With their addresses. */
  readonly controlPlane: readonly NamedHost[];
  /** Worker nodes that may be promoted and are not yet, in order of preference. */
  readonly candidates: readonly NamedHost[];
  readonly etcd: readonly string[];
  readonly balancers: readonly string[];
  readonly policy: Policy;
  /**
   * `none`; `running`: activities of it may run now; `parked`: it waits for a person and can make room; `refuses`: it
   * waits for a person, and was asked for room in vain just now.
   */
  readonly change: 'none' | 'running' | 'parked' | 'refuses';
  /** Whether each candidate could be promoted, as last looked at; a candidate that is missing here was not looked at. */
  readonly readiness: Readonly<Record<string, Readiness>>;
  /** A person's approval of a promotion, for mode manual; given after the wait began. */
  readonly approved: boolean;
  /** The candidate whose promotion is open, and may be given up. */
  readonly promoting?: NamedHost;
  /** By a person: nothing is healed and no candidate looked at; what would be promoted is said. */
  readonly paused: boolean;
  readonly rules: Rules;
  /** What a drill breaks on purpose; healing leaves it alone. Host → ms since 1970 when that ends. */
  readonly leaveAlone: Readonly<Record<string, number>>;
}

/**
 * A workflow that runs keeps to the rules by which it began, up to where its history ends: a decision that came out
 * otherwise when it is replayed would break it. 2: a pause is judged as one, marks have a limit of their own, and
 * a worker node that serves counts as promoted. 3: a promotion whose candidate is lost is given up.
 * 4: a node is marked before it is Ready. 5: backups that are not well are degraded, a promotion that waits for a
 * person keeps no news from people, and candidates are looked at again where the one that is being promoted is lost.
 * 6: while a promotion waits for a person, what else is ill is healed, and failover continues as new; a change that
 * makes no room is asked ever less often; whose demotion is open or broke off counts only while it serves;
 * a node is marked as soon as it is seen without its label. 7: members of etcd that follow different leaders are told.
 * 8: a host lives for those who may not come near its SSH by what its API port answers them.
 */
export type Rules = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface NamedHost {
  readonly name: string;
  /** Its own: what its API server advertises, and holds a lease by. */
  readonly address: string;
}

export interface Policy {
  readonly mode: 'automatic' | 'manual';
  /** Promote when fewer control-plane nodes than this serve and the others are lost; 1: when all are lost. */
  readonly promoteBelow: number;
  readonly confirmForMs: number;
  /** Attempts to heal one host's part within an hour. */
  readonly healsAnHour: number;
}

/** `problem` absent: ready. */
export interface Readiness {
  readonly problem?: ReadinessProblem;
  /** For a person. */
  readonly why?: string;
}
export type ReadinessProblem = 'no-backup' | 'backup-mismatch' | 'backup-key' | 'host' | 'images' | 'unknown';

/** What `decide` must remember from one observation to the next. Plain and bounded: it crosses continue-as-new. */
export interface Memory {
  /** End of the last observation, by the watcher's clock. */
  readonly until?: number;
  /** Conditions that hold, by name (`lost:master-1`, `api-silent:master-1`), since when without a gap. */
  readonly holds: Readonly<Record<string, number>>;
  /**
   * Times of the attempts to heal of the last hour, by `part:host`. `decide` adds one as it decides one; a person's
   * `retry` may empty it.
   */
  readonly heals: Readonly<Record<string, readonly number[]>>;
  /** When the last promotion ended (well or not), as the workflow writes it; a new one waits for the cooldown. */
  readonly promotionEnded?: number;
  /** Watches that failed in a row. */
  readonly missed?: number;
  /** When it last asked to look at the candidates. */
  readonly looked?: number;
  /** What people were told last: it outlives a flicker, so that nobody is told twice. */
  readonly told?: Told;
}

/** `gone`: since when it is so no more. */
export interface Told {
  /** What is degraded, by condition. */
  readonly degraded: Readonly<Record<string, { readonly words: string; readonly gone?: number }>>;
  readonly wait?: { readonly wait: Wait; readonly gone?: number };
}

export const emptyMemory: Memory = { holds: {}, heals: {} };

export type HealPart = 'api-server' | 'load-balancer' | 'etcd' | 'kubelet' | 'node-marks';

export type Decision =
  | { readonly do: 'nothing' }
  /** Units of this part on this host are down although the host lives. */
  | { readonly do: 'heal'; readonly part: HealPart; readonly host: string; readonly why: string }
  | {
      readonly do: 'promote';
      readonly candidate: string;
      readonly lost: readonly string[];
      readonly why: string;
    }
  /** The candidate of the open promotion is lost as well, and another can be promoted. */
  | { readonly do: 'give-up'; readonly candidate: string; readonly why: string }
  /** Readiness of the candidates is not known: look before a promotion can be decided. */
  | { readonly do: 'look-at-candidates'; readonly why: string }
  | Wait;

export interface Wait {
  readonly do: 'wait';
  readonly reason: WaitReason;
  readonly why: string;
  /** Commands that would help, ready to paste. */
  readonly help: readonly string[];
}

/** Every reason has its section in docs/operations.md. */
export type WaitReason =
  | 'blind' // the watcher sees too little: its own network, the bastion, or too few vantage points
  | 'etcd-alarm' // etcd takes no writes, or its members differ
  | 'etcd-no-quorum'
  | 'approval' // mode manual
  | 'change-running'
  | 'no-candidate'
  | 'no-backup'
  | 'backup-mismatch'
  | 'backup-key'
  | 'api-down' // hosts live, their API servers do not, and healing has not helped
  | 'healing-exhausted'
  | 'address-silent' // nothing answers at the address of a load balancer that is not holdfast's to heal
  | 'cooldown'
  // said by the failover workflow, not by decide
  | 'paused' // a promotion is due, and a person has paused failover
  | 'promotion-waits' // a step of the promotion waits for a person
  | 'promotion-failed'; // it ended before its last step: no other is tried without a person's word

export interface Judgement {
  readonly memory: Memory;
  readonly decision: Decision;
  /** What a person is asked for: the decision where that is to wait, and what still stands while something else is done. */
  readonly waitingFor?: Wait;
  /** So many control-plane nodes seem lost that a promotion may come. */
  readonly isLosing?: boolean;
  /** In words for `status`: what is not as it should be. Empty: all is well. */
  readonly degraded: readonly string[];
  /** When something would be decided though nothing changes: ms from the end of the observation. Absent: never. */
  readonly againInMs?: number;
}

/** Undefined: the watch failed, so nothing was seen: confirmations begin anew. */
export type Decide = (memory: Memory, seen: Observation | undefined, situation: Situation) => Judgement;
