import type { Cluster } from '../cluster.ts';

/** Parts of a spec file, by their top-level key. */
export type Part =
  | 'cluster'
  | 'ssh'
  | 'hosts'
  | 'bastion'
  | 'loadBalancer'
  | 'kubernetes'
  | 'kubespray'
  | 'helm'
  | 'storage'
  | 'failover'
  | 'backup'
  | 'singlePointsOfFailure';

/** A part, or one key of it. */
export type Need = Part | `${Part}.${string}`;

/** What a rule finds, and where in the spec it stands. */
export interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Nothing forbids it, but it is not as it should be. */
  readonly warning?: true;
}

export interface Rule {
  /** The parts of the spec that must be without mistake before the rule can say anything. */
  readonly needs: readonly Need[];
  readonly find: (cluster: Cluster) => readonly Finding[];
}
