import { defineQuery, defineSignal } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Cluster } from '../cluster/cluster.ts';
import type { Plan } from '../cluster/plan-types.ts';
import type { ChangeStatus } from '../cluster/status.ts';

/** Names that are relied on from outside: clients, the UI's forms, scripts with the `temporal` command. */
export const taskQueue = 'holdfast';

/** Every change of a cluster has this one id: Temporal's own uniqueness is the lock. */
export const changeId = (cluster: string): string => `holdfast:${cluster}:change`;
export const hostChangeId = (cluster: string, host: string): string => `${changeId(cluster)}:host:${host}`;

export const clusterAttribute = defineSearchAttributeKey('HoldfastCluster', SearchAttributeType.KEYWORD);
export const stateAttribute = defineSearchAttributeKey('HoldfastState', SearchAttributeType.KEYWORD);

export interface BringUpInput {
  readonly spec: Cluster;
  readonly plan: Plan;
}

/** Which waiting steps a signal means. Left out: any. */
export interface Selector {
  readonly step?: string;
  readonly host?: string;
}
export interface SkipInput extends Selector {
  readonly step: string;
  readonly reason: string;
  /** Who skips, e.g. "ann@laptop"; the client fills it in. */
  readonly by?: string;
}
export interface AbortInput {
  readonly reason: string;
}
/** The run that is asked to make room: a late signal must not strike a newer change. */
export interface YieldInput {
  readonly runId: string;
}

export const retrySignal = defineSignal<[Selector?]>('retry');
export const skipSignal = defineSignal<[SkipInput]>('skip');
export const abortSignal = defineSignal<[AbortInput]>('abort');
export const yieldSignal = defineSignal<[YieldInput]>('yield');
export const statusQuery = defineQuery<ChangeStatus>('status');
