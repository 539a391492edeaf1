import type { Cluster, ClusterHost } from '../cluster.ts';
import { addressesOf, ownAddress } from '../host-addresses.ts';
import type { Finding, Rule } from './rule.ts';

/** Names and addresses stand once, and a virtual address belongs to no host. Of hosts each sound one is judged. */
export const addresses: readonly Rule[] = [
  { needs: [], find: ({ hosts }) => [...twice(hosts, namesIn), ...twice(hosts, addressesIn)] },
  { needs: ['loadBalancer'], find: virtualAddresses },
];

/** What must be a host's alone, each with the key that says so. */
type Claims = (host: ClusterHost) => readonly (readonly [key: string, value: string])[];

const namesIn: Claims = ({ name }) => [['name', name]];

/** One that stands under two keys of a host is claimed by the first. */
const addressesIn: Claims = (host) => {
  const all = [
    ['address', host.ssh.address],
    ['ip', ownAddress(host)],
    ['accessIp', host.address],
  ] as const;
  return all.filter(([, value], index) => all.findIndex(([, other]) => other === value) === index);
};

function twice(hosts: Cluster['hosts'], claims: Claims): Finding[] {
  const first = new Map<string, ClusterHost>();
  return hosts.flatMap((host, index) =>
    claims(host).flatMap(([key, value]): Finding[] => {
      const earlier = first.get(value);
      if (!earlier) {
        first.set(value, host);
        return [];
      }
      const owner = key === 'name' ? `an earlier host (${earlier.ssh.address})` : earlier.name;
      const message = `${key} ${value} belongs to ${owner} already; wanted: one of its own`;
      return [{ path: ['hosts', index, key], message }];
    }),
  );
}

function virtualAddresses({ loadBalancer, hosts }: Cluster): Finding[] {
  if (!loadBalancer) return [];
  const { internal, external } = loadBalancer;
  const found = [internal, external].flatMap((virtual, index): Finding[] => {
    const owner = hosts.find((host) => addressesOf(host).some((one) => one === virtual?.address));
    if (!owner || !virtual) return [];
    const path = ['loadBalancer', index === 0 ? 'internal' : 'external', 'address'];
    const message = `${virtual.address} is the host ${owner.name}; wanted: an address that no host holds`;
    return [{ path, message }];
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
