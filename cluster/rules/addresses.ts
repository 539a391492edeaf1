import type { Cluster } from '../cluster.ts';
import type { Finding, Rule } from './rule.ts';

/** Names and addresses stand once, and a virtual address belongs to no host. Of hosts each sound one is judged. */
export const addresses: readonly Rule[] = [
  { needs: [], find: ({ hosts }) => [...twice(hosts, 'name'), ...twice(hosts, 'address')] },
  { needs: ['loadBalancer'], find: virtualAddresses },
];

function twice(hosts: Cluster['hosts'], key: 'name' | 'address'): Finding[] {
  const first = new Map<string, number>();
  return hosts.flatMap((host, index) => {
    const value = host[key];
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, index);
      return [];
    }
    const owner = key === 'name' ? `an earlier host (${hosts[earlier]?.address})` : hosts[earlier]?.name;
    const message = `${key} ${value} belongs to ${owner} already; wanted: one of its own`;
    return [{ path: ['hosts', index, key], message }];
  });
}

function virtualAddresses({ loadBalancer, hosts }: Cluster): Finding[] {
  if (!loadBalancer) return [];
  const { internal, external } = loadBalancer;
  const found = [internal, external].flatMap((virtual, index): Finding[] => {
    const owner = hosts.find(({ address }) => address === virtual?.address);
    if (!owner) return [];
    const path = ['loadBalancer', index === 0 ? 'internal' : 'external', 'address'];
    return [
      { path, message: `${owner.address} is the host ${owner.name}; wanted: an address that no host holds` },
    ];
  });
  if (external?.address === internal.address)
    found.push({
      path: ['loadBalancer', 'external', 'address'],
      message: `${internal.address} is the internal address; wanted: another one, so that each balancer carries its own`,
    });
  if (!loadBalancer.existing && external?.routerId === loadBalancer.internal.routerId)
    found.push({
      path: ['loadBalancer', 'external', 'routerId'],
      message: `${external.routerId} is the internal address's router id; wanted: another one`,
    });
  return found;
}
