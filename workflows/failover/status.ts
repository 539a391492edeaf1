import { workflowInfo } from '@temporalio/workflow';
import { openCandidates } from '../../cluster/failover/situation.ts';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import type { FailoverRecord } from './record.ts';

export function statusOf(record: FailoverRecord): FailoverStatus {
  const { seen, wait, paused, backup, spec } = record;
  return {
    workflowType: 'failover',
    runId: workflowInfo().runId,
    cluster: record.cluster,
    state: record.state,
    since: iso(record.since),
    degraded: record.troubles,
    ...(seen && { picture: seen.picture, pictureSince: iso(seen.since) }),
    controlPlane: record.controlPlane,
    promoted: record.promoted,
    ...(record.joining.length > 0 && { joining: record.joining }),
    ...(record.demoting && { demoting: record.demoting.host }),
    ...(record.halfDemoted.length > 0 && { halfDemoted: record.halfDemoted }),
    ...(record.unfinished !== undefined && { unfinished: record.unfinished }),
    forgotten: record.forgotten,
    candidates: Object.fromEntries(
      openCandidates(spec, record).map(({ name }) => [name, record.readiness[name] ?? null]),
    ),
    decision: record.decision,
    ...(wait && { waitingFor: wait }),
    ...(paused && { paused }),
    events: [...record.events],
    refused: [...record.refused],
    ...(backup && { backup }),
  };
}

export const iso = (at: number): string => new Date(at).toISOString();
