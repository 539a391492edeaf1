import { hostsWithRole } from './cluster.ts';
import type { Cluster, ClusterHost } from './cluster.ts';
import { fromBastion, sourcesOf } from './host-addresses.ts';
import { namesOf } from './hosts-of.ts';
import { step, without } from './plan-step.ts';
import type { Step } from './plan-types.ts';

/**
 * Makes the bastions the only way into these hosts, or takes that back, as the spec says; nothing where it says nothing.
 * A bastion itself stays open: it is the way.
 */
export function restrictSsh(
  cluster: Cluster,
  hosts: readonly ClusterHost[],
  exclusive = cluster.bastion?.exclusive,
): Step[] {
  if (exclusive === undefined) return [];
  const own = hostsWithRole(cluster, 'bastion');
  const bastions = namesOf(own);
  const from = [...new Set(own.flatMap(sourcesOf))];
  return hosts
    .filter(({ roles }) => !roles.includes('bastion'))
    .map((host) =>
      step(
        'restrict-ssh',
        exclusive ? 'Let the bastion alone in by SSH' : 'Let in by SSH as before',
        host.name,
        {
          exclusive,
          bastions,
          from,
          ...(fromBastion(host) !== host.ssh.address && { address: fromBastion(host) }),
        },
        without(bastions, host.name),
      ),
    );
}
