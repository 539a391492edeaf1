import { proxyActivities } from '@temporalio/workflow';
import type { createActivities } from '../../activities/index.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { healStep } from '../../cluster/heal-step.ts';
import type { HealPart } from '../../cluster/failover/decision.ts';
import type { StepContext, StepResult } from '../../cluster/steps.ts';
import { activityType } from '../activity-type.ts';

type Activities = ReturnType<typeof createActivities>;

/** One attempt: a watch that failed has seen nothing, and `decide` is told so before the next begins. */
export const { watch } = proxyActivities<Pick<Activities, 'watch'>>({
  // Overridden by each call: a watch may last for an hour.
  startToCloseTimeout: '2 m',
  scheduleToStartTimeout: '30 s',
  heartbeatTimeout: '5 s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { maximumAttempts: 1 },
});

/** Two attempts only: a promotion may be waiting for the answer, and without one nothing is done. */
export const { changeState } = proxyActivities<Pick<Activities, 'changeState'>>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '500 ms', maximumAttempts: 2 },
});

export const { checkCandidates } = proxyActivities<Pick<Activities, 'checkCandidates'>>({
  startToCloseTimeout: '1 m',
  heartbeatTimeout: '10 s',
  retry: { initialInterval: '1 s', maximumAttempts: 2 },
});

/** A webhook that is down is tried for a day, and told within a minute once it is back; `notify` itself does nothing where none is set. */
export const { notify } = proxyActivities<Pick<Activities, 'notify'>>({
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '1 d',
  retry: { initialInterval: '5 s', backoffCoefficient: 2, maximumInterval: '1 m' },
});

/** One attempt: `decide` counts them. */
export function heal(
  spec: Cluster,
  part: HealPart,
  host: string,
  controlPlane: readonly string[],
  change: string,
  why: string,
): Promise<StepResult> {
  const { id, host: on, input } = healStep(spec, part, host, controlPlane);
  const type = activityType(id);
  const activities = proxyActivities<Record<string, (call: StepContext) => Promise<StepResult>>>({
    startToCloseTimeout: '5 m',
    heartbeatTimeout: '10 s',
    retry: { maximumAttempts: 1 },
  });
  const target = spec.hosts.find(({ name }) => name === on)?.ssh;
  if (!target) throw new TypeError(on);
  return activities[type]!.executeWithOptions({ summary: `${host}: heal ${part}: ${why}`.slice(0, 200) }, [
    { ...input, cluster: spec.name, target, others: {}, change, job: 1 },
  ]);
}
