import { addressesOf } from '../host-addresses.ts';
import { contains, overlap } from '../networks.ts';
import type { Cluster } from '../cluster.ts';
import type { Finding, Rule } from './rule.ts';

/** Pods and services have networks of their own. The hosts' real networks are known at preflight; their addresses are known here. */
export const networks: Rule = {
  needs: ['kubernetes.podCidr', 'kubernetes.serviceCidr', 'loadBalancer', 'storage'],
  find: (cluster) => {
    const { podCidr, serviceCidr } = cluster.kubernetes;
    const found = [...inside(cluster, 'podCidr'), ...inside(cluster, 'serviceCidr')];
    if (overlap(podCidr, serviceCidr))
      found.push({
        path: ['kubernetes', 'serviceCidr'],
        message: `${serviceCidr} overlaps podCidr ${podCidr}; wanted: two networks apart`,
      });
    return found;
  },
};

function inside(cluster: Cluster, key: 'podCidr' | 'serviceCidr'): Finding[] {
  const cidr = cluster.kubernetes[key];
  const within = named(cluster).filter(([, address]) => contains(cidr, address));
  const [first] = within;
  if (!first) return [];
  const more = within.length === 1 ? '' : ` and ${within.length - 1} more`;
  const message = `${cidr} holds ${first[1]} (${first[0]})${more}; wanted: a network apart from the hosts`;
  return [{ path: ['kubernetes', key], message }];
}

/** Every address of the spec and what it is. */
function named({ hosts, loadBalancer, storage }: Cluster): (readonly [string, string])[] {
  const server = storage?.nfs.server;
  return [
    ...hosts.flatMap((host) => addressesOf(host).map((address) => [host.name, address] as const)),
    ...(loadBalancer ? [['loadBalancer.internal', loadBalancer.internal.address] as const] : []),
    ...(loadBalancer?.external ? [['loadBalancer.external', loadBalancer.external.address] as const] : []),
    ...(server !== undefined && /^[\d.]+$/.test(server) ? [['storage.nfs.server', server] as const] : []),
  ];
}
