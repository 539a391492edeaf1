import { ApplicationFailure } from '@temporalio/workflow';
import type { Cluster, SshTarget } from '../cluster/cluster.ts';
import type { Plan, Step } from '../cluster/plan-types.ts';
import type { ContextOf } from './run-steps.ts';

/** Whom each step is about and whom else it may talk to: never more than the plan allows it. */
export function contextFrom(
  { cluster, targets, proxy }: Pick<Plan, 'cluster' | 'targets' | 'proxy'>,
  change: string,
): ContextOf {
  const target = (host: string): SshTarget => {
    const known = targets[host];
    if (known) return known;
    throw ApplicationFailure.nonRetryable(
      `the plan names the host ${host}, but not how to reach it`,
      'BadInput',
    );
  };
  return (step) => ({
    cluster,
    change,
    target: target(step.host),
    others: Object.fromEntries(othersOf(step, targets).map((host) => [host, target(host)])),
    ...(proxy && { proxy }),
  });
}

/** What is handed on to failover: no other step is told the whole spec. */
export function withSpec(context: ContextOf, spec: Cluster | undefined): ContextOf {
  return (step) => ({ ...context(step), ...(step.id === 'start-failover' && spec && { spec }) });
}

/** The targets that these steps need: what a child workflow is given of them. */
export function targetsFor(
  steps: readonly Step[],
  targets: Readonly<Record<string, SshTarget>>,
): Readonly<Record<string, SshTarget>> {
  const needed = new Set(steps.flatMap((step) => [step.host, ...othersOf(step, targets)]));
  return Object.fromEntries(Object.entries(targets).filter(([host]) => needed.has(host)));
}

function othersOf({ host, others }: Step, targets: Readonly<Record<string, SshTarget>>): readonly string[] {
  return (others === 'all' ? Object.keys(targets) : (others ?? [])).filter((other) => other !== host);
}
