import type { Cluster } from '../cluster/cluster.ts';
import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';
import { failoverStatus, ifAnswered } from './failover/run.ts';

/**
 * One that is promoted must stay a candidate, or become a control-plane node of the spec: Kubespray would pass it by. The
 * bring-up itself looks again, on the hosts; here it is told before anything is touched.
 */
export async function refuseForgottenPromotion(temporal: Temporal, spec: Cluster): Promise<void> {
  const candidates = spec.failover.candidates;
  const known = new Set([
    ...candidates,
    ...spec.hosts.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name),
  ]);
  const status = await ifAnswered(temporal, spec.name, failoverStatus);
  const [first] = (status?.promoted ?? []).filter((name) => !known.has(name));
  if (first === undefined) return;
  throw new BadInput(
    `${spec.name}: ${first} is promoted, and failover.candidates (${candidates.join(', ') || 'none'}) does not name it; nothing was started.\n` +
      `Make it a worker node alone first: holdfast demote ${spec.name} --host ${first} --reason '…'`,
  );
}
