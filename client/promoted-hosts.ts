import type { Cluster } from '../cluster/cluster.ts';
import type { Temporal } from './connect.ts';
import { BadInput, ExitError } from './exit.ts';
import { failoverRun, failoverStatus } from './failover/run.ts';

/**
 * Candidates alone are asked whether one of them is promoted before Kubespray runs, which would pass such a host by. So
 * one that is promoted must stay a candidate, or become a control-plane node of the spec.
 */
export async function refuseForgottenPromotion(temporal: Temporal, spec: Cluster): Promise<void> {
  const candidates = spec.failover.candidates;
  const known = new Set([
    ...candidates,
    ...spec.hosts.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name),
  ]);
  const [first] = (await promotedHosts(temporal, spec.name)).filter((name) => !known.has(name));
  if (first === undefined) return;
  throw new BadInput(
    `${spec.name}: ${first} is promoted, and failover.candidates (${candidates.join(', ') || 'none'}) does not name it; nothing was started.\n` +
      `Make it a worker node alone first: holdfast demote ${spec.name} --host ${first} --reason '…'`,
  );
}

/** None where nothing watches the cluster, or nobody answers for it. */
async function promotedHosts(temporal: Temporal, cluster: string): Promise<readonly string[]> {
  const run = await failoverRun(temporal, cluster);
  if (!run?.open) return [];
  try {
    return (await failoverStatus(temporal, run)).promoted;
  } catch (error) {
    if (error instanceof ExitError) return [];
    throw error;
  }
}
