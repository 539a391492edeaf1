import type { FailoverState, FailoverStatus } from './failover/status.ts';
import type { ChangeStatus } from './status.ts';

/** What Prometheus is told of clusters, by name. **Contract**: dashboards and alerts name them. Tag of each: `cluster`. */
export const metrics = {
  holdfast_cluster_answers: '1: the workflow failover tells how the cluster is; 0: it does not, or has ended',
  holdfast_cluster_state: '1 for the state that failover is in, 0 for each other (tag `state`)',
  holdfast_cluster_troubles: 'how many things are not as they should be',
  holdfast_cluster_waits_for_person: '1: failover waits for a person',
  holdfast_backup_newest_timestamp_seconds: 'when the newest backup that could be opened was made',
  holdfast_change_open: '1: a change (bring-up, promotion, demotion, restore) is open',
  holdfast_change_answers: '1: the open change tells where it stands; 0: it does not',
  holdfast_change_parked_steps: 'steps of the open change that wait for a person',
  holdfast_promotions_total:
    'promotions that ended while this worker ran (tag `outcome`: done, failed, given-up)',
} as const;

export type MetricName = keyof typeof metrics;
export type PromotionOutcome = 'done' | 'failed' | 'given-up';

/** One value as Prometheus is to see it from now on. */
export interface Sample {
  readonly metric: MetricName;
  readonly tags: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What was heard of a cluster. `failover` absent: no answer. `change`: its status, or that none is open, or no answer. */
export interface Heard {
  readonly cluster: string;
  readonly failover?: FailoverStatus | undefined;
  readonly change: ChangeStatus | 'none' | 'silent';
}

const states: readonly FailoverState[] = ['watching', 'degraded', 'promoting', 'paused'];

/** What is not known keeps the value that was known last, and `…_answers` says so; a state that is not known is none. */
export function samplesOf({ cluster, failover, change }: Heard): readonly Sample[] {
  const sample = (metric: MetricName, value: number, tags = {}): Sample => ({
    metric,
    tags: { cluster, ...tags },
    value,
  });
  const newest = Date.parse(failover?.backup?.newest ?? '');
  return [
    sample('holdfast_cluster_answers', Number(failover !== undefined)),
    ...states.map((state) => sample('holdfast_cluster_state', Number(failover?.state === state), { state })),
    ...(failover
      ? [
          sample('holdfast_cluster_troubles', failover.degraded.length),
          sample('holdfast_cluster_waits_for_person', Number(failover.waitingFor !== undefined)),
        ]
      : []),
    ...(Number.isNaN(newest) ? [] : [sample('holdfast_backup_newest_timestamp_seconds', newest / 1000)]),
    sample('holdfast_change_open', Number(change !== 'none')),
    sample('holdfast_change_answers', Number(change !== 'silent')),
    ...(change === 'silent'
      ? []
      : [sample('holdfast_change_parked_steps', change === 'none' ? 0 : change.waitingFor.length)]),
  ];
}
