import { hostsWithRole } from '../cluster.ts';
import type { Cluster, ClusterHost } from '../cluster.ts';
import { ownLoadBalancer } from '../hosts-of.ts';
import type { HostFacts, Problem } from '../facts.ts';
import { ownAddress } from '../host-addresses.ts';
import { contains } from '../networks.ts';

const step = 'check-identity';

/** The virtual addresses lie in the load balancers' own subnet, and no other host holds one; that of somebody else none. */
export function virtualAddressProblems(cluster: Cluster, facts: readonly HostFacts[]): Problem[] {
  const { loadBalancer } = cluster;
  if (!loadBalancer) return [];
  const addresses = [
    loadBalancer.internal.address,
    ...(loadBalancer.external ? [loadBalancer.external.address] : []),
  ];
  const balancers = hostsWithRole(cluster, 'load-balancer');
  return [
    ...balancers.flatMap((balancer) => subnetProblems(cluster, balancer, facts, addresses)),
    ...facts
      .filter(({ host }) => !balancers.some(({ name }) => name === host))
      .flatMap((own) => heldProblems(own, addresses)),
  ];
}

function subnetProblems(
  cluster: Cluster,
  balancer: ClusterHost,
  facts: readonly HostFacts[],
  virtual: readonly string[],
): Problem[] {
  const loadBalancer = ownLoadBalancer(cluster);
  const { name } = balancer;
  const address = ownAddress(balancer);
  const own = facts.find(({ host }) => host === name);
  const subnet = own?.addresses.find(({ cidr }) => cidr.split('/')[0] === address)?.cidr;
  // That the spec's address is not on the host at all is said elsewhere.
  if (subnet === undefined || !loadBalancer) return [];
  const length = Number(subnet.split('/')[1]);
  const outside = virtual
    .filter((each) => !contains(subnet, each))
    .map((each) => ({
      host: name,
      step,
      message: `the virtual address ${each} lies outside its subnet (${subnet})`,
      cure: 'Choose a free address in the load balancers’ subnet.',
    }));
  if (outside.length > 0 || length === loadBalancer.prefixLength) return outside;
  const message = `its subnet is /${length} (${subnet}), but loadBalancer.prefixLength is ${loadBalancer.prefixLength}`;
  return [{ host: name, step, message, cure: `Write loadBalancer.prefixLength: ${length}.` }];
}

function heldProblems(own: HostFacts, virtual: readonly string[]): Problem[] {
  return own.addresses
    .filter(({ cidr }) => virtual.includes(cidr.split('/')[0] as string))
    .map(({ cidr, interface: device }) => ({
      host: own.host,
      step,
      message: `it holds the virtual address ${cidr} (${device}), but is no load balancer`,
      cure: 'Take the address off the host, or choose another virtual address.',
    }));
}
