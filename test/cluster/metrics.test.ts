import { expect, test } from 'vitest';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import type { Heard, Sample } from '../../cluster/metrics.ts';
import { metrics, samplesOf } from '../../cluster/metrics.ts';
import type { ChangeStatus } from '../../cluster/status.ts';

const failover: FailoverStatus = {
  workflowType: 'failover',
  runId: 'r',
  cluster: 'demo',
  state: 'degraded',
  since: '2026-11-25T03:00:00.000Z',
  degraded: ['one', 'two'],
  controlPlane: ['master-1'],
  promoted: [],
  forgotten: [],
  candidates: {},
  decision: { do: 'nothing' },
  events: [],
  refused: [],
  backup: { newest: '2026-11-25T02:08:04.000Z' },
};

const change = { waitingFor: [{}, {}, {}] } as unknown as ChangeStatus;

test('a cluster that tells how it is has one state, what is amiss, its backup’s age, and no change', () => {
  expect(told({ cluster: 'demo', failover, change: 'none' })).toEqual({
    holdfast_cluster_answers: 1,
    'holdfast_cluster_state watching': 0,
    'holdfast_cluster_state degraded': 1,
    'holdfast_cluster_state promoting': 0,
    'holdfast_cluster_state paused': 0,
    holdfast_cluster_troubles: 2,
    holdfast_cluster_waits_for_person: 0,
    holdfast_backup_newest_timestamp_seconds: Date.UTC(2026, 10, 25, 2, 8, 4) / 1000,
    holdfast_change_open: 0,
    holdfast_change_answers: 1,
    holdfast_change_parked_steps: 0,
  });
});

test('what waits for a person is told, of failover and of each parked step', () => {
  const waitingFor = { do: 'wait-for-person', reason: 'blind' } as unknown as NonNullable<
    FailoverStatus['waitingFor']
  >;
  expect(told({ cluster: 'demo', failover: { ...failover, waitingFor }, change })).toMatchObject({
    holdfast_cluster_waits_for_person: 1,
    holdfast_change_open: 1,
    holdfast_change_parked_steps: 3,
  });
});

test('a cluster that says nothing is in no state, and what is not known is not told as none', () => {
  expect(told({ cluster: 'demo', change: 'silent' })).toEqual({
    holdfast_cluster_answers: 0,
    'holdfast_cluster_state watching': 0,
    'holdfast_cluster_state degraded': 0,
    'holdfast_cluster_state promoting': 0,
    'holdfast_cluster_state paused': 0,
    holdfast_change_open: 1,
    holdfast_change_answers: 0,
  });
});

test('of backups that were never heard of no age is told', () => {
  const without = (({ backup: _, ...rest }: FailoverStatus) => rest)(failover);
  expect(Object.keys(told({ cluster: 'demo', failover: without, change: 'none' }))).not.toContain(
    'holdfast_backup_newest_timestamp_seconds',
  );
});

test('every sample names its cluster, and a metric that is described', () => {
  for (const { metric, tags } of samplesOf({ cluster: 'demo', failover, change })) {
    expect(tags['cluster']).toBe('demo');
    expect(metrics[metric]).toMatch(/^\S.{10,}/);
  }
});

function told(heard: Heard): Record<string, number> {
  const name = ({ metric, tags }: Sample): string => [metric, tags['state']].filter(Boolean).join(' ');
  return Object.fromEntries(samplesOf(heard).map((sample) => [name(sample), sample.value]));
}
