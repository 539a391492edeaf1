import { hostsWithRole } from './cluster.ts';
import type { Cluster, ClusterHost } from './cluster.ts';
import {
  apiServer,
  apiServerHosts,
  candidateHosts,
  firstBastion,
  kubernetesHosts,
  namesOf,
  nodes,
  ownLoadBalancer,
} from './hosts-of.ts';
import { fromBastion, hasOneAddress, held, ownAddress, reached, sourcesOf } from './host-addresses.ts';
import { contains } from './networks.ts';
import type {
  BalancerInput,
  EtcdProxyInput,
  ExistingBalancerInput,
  FirewallNeeds,
  HaRulesInput,
  HostAddresses,
  InventoryInput,
  VirtualAddress,
} from './steps.ts';

/** What the steps of the load balancers are told; undefined where no host is one. */
export function balancerInput(cluster: Cluster): BalancerInput | undefined {
  const { failover } = cluster;
  const loadBalancer = ownLoadBalancer(cluster);
  if (!loadBalancer) return undefined;
  return {
    loadBalancer,
    timings: failover.timings,
    balancers: hostsWithRole(cluster, 'load-balancer').map(held),
    apiServers: [
      ...hostsWithRole(cluster, 'control-plane').map((host) => ({ ...reached(host), candidate: false })),
      ...candidateHosts(cluster).map((host) => ({ ...reached(host), candidate: true })),
    ],
    workerNodes: hostsWithRole(cluster, 'worker').map(reached),
  };
}

/** From where to look whether a load balancer of somebody else leads to each of its backends. */
export function existingBalancerInput(cluster: Cluster): ExistingBalancerInput {
  return {
    server: apiServer(cluster),
    apiServers: apiServerHosts(cluster).map(reached),
    clients: namesOf(nodes(cluster)),
  };
}

export function etcdProxyInput(cluster: Cluster, host: ClusterHost): EtcdProxyInput {
  return {
    etcd: hostsWithRole(cluster, 'etcd').map(reached),
    timings: cluster.failover.timings,
    balancer: host.roles.includes('load-balancer'),
  };
}

/** All that the inventory and its variables are made of: the hosts that Kubespray manages, in file order. */
export function inventoryInput(cluster: Cluster): InventoryInput {
  const { kubernetes, kubespray, loadBalancer, failover } = cluster;
  return {
    hosts: kubernetesHosts(cluster).map((host) => ({
      ...reached(host),
      ...(host.ip !== undefined && { ip: host.ip }),
      ...(host.ip6 !== undefined && { ip6: host.ip6 }),
      ...(fromBastion(host) !== host.address && { sshAddress: fromBastion(host) }),
      roles: host.roles,
      ...(host.etcdMember !== undefined && { etcdMember: host.etcdMember }),
      labels: host.labels,
      port: host.ssh.port,
      user: host.ssh.user,
      ...(host.ssh.sudoPasswordFile !== undefined && { sudoPasswordFile: host.ssh.sudoPasswordFile }),
    })),
    kubernetes,
    kubespray,
    ...(loadBalancer && { loadBalancer }),
    candidates: failover.candidates,
    timings: failover.timings,
  };
}

export function haRulesInput(cluster: Cluster): HaRulesInput {
  const { loadBalancer, failover } = cluster;
  const controlPlane = hostsWithRole(cluster, 'control-plane');
  const advertised = ofHosts(
    controlPlane.filter((host) => ownAddress(host) !== host.ssh.address),
    ownAddress,
  );
  return {
    balancers: hostsWithRole(cluster, 'load-balancer').map(held),
    ...(loadBalancer && { loadBalancer }),
    etcd: namesOf(hostsWithRole(cluster, 'etcd')),
    controlPlane: namesOf(controlPlane),
    ...(advertised && { advertised }),
    candidates: failover.candidates,
    accepted: cluster.singlePointsOfFailure,
  };
}

/** Hosts that hold the cluster's state: control-plane nodes and etcd members. */
export function membersOf(cluster: Cluster): string[] {
  return namesOf([...hostsWithRole(cluster, 'control-plane'), ...hostsWithRole(cluster, 'etcd')]);
}

/** Hosts that hold backups, the bastion first. */
export function backupPlaceNames(cluster: Cluster): readonly string[] {
  return [...new Set([firstBastion(cluster).name, ...cluster.backup.alsoTo])];
}

export function virtualAddresses(cluster: Cluster): VirtualAddress[] {
  const loadBalancer = ownLoadBalancer(cluster);
  if (!loadBalancer) return [];
  const carriers = namesOf(hostsWithRole(cluster, 'load-balancer'));
  return [loadBalancer.internal, ...(loadBalancer.external ? [loadBalancer.external] : [])].map(
    ({ address }) => ({
      address,
      carriers,
    }),
  );
}

export function firewallNeeds(cluster: Cluster): FirewallNeeds {
  const { kubernetes, loadBalancer } = cluster;
  const { forward = [], apiPort } = loadBalancer?.external ?? {};
  return {
    nodes: namesOf(nodes(cluster)),
    podCidr: kubernetes.podCidr,
    balancers: namesOf(hostsWithRole(cluster, 'load-balancer')),
    outsidePorts: [...forward.map(({ port }) => port), ...(apiPort === undefined ? [] : [apiPort])],
  };
}

/**
 * Hosts to try the external address' API from: one that apiAllow names and one that it does not, where there are such.
 * Load balancers are left out: they reach their own address by another way than the rest.
 */
export function externalApiTrials(cluster: Cluster): { allowedFrom?: string; refusedFrom?: string } {
  const external = cluster.loadBalancer?.external;
  if (external?.apiPort === undefined) return {};
  const hosts = cluster.hosts.filter(({ roles }) => !roles.includes('load-balancer'));
  const isAllowed = (host: ClusterHost) => external.apiAllow.some((cidr) => contains(cidr, ownAddress(host)));
  const allowed = hosts.find(isAllowed);
  const refused = hosts.find((host) => !isAllowed(host));
  return { ...(allowed && { allowedFrom: allowed.name }), ...(refused && { refusedFrom: refused.name }) };
}

/** What check-reachability dials and binds, of hosts that SSH alone does not tell it of. */
export function reachAddresses({ hosts }: Cluster): Readonly<Record<string, HostAddresses>> | undefined {
  return ofHosts(
    hosts.filter((host) => !hasOneAddress(host)),
    (host) => ({ address: host.address, ip: ownAddress(host) }),
  );
}

/** What the hosts may see a bastion come from. */
export function bastionSources(cluster: Cluster): Readonly<Record<string, readonly string[]>> | undefined {
  return ofHosts(
    hostsWithRole(cluster, 'bastion').filter((host) => !hasOneAddress(host)),
    sourcesOf,
  );
}

/** Undefined: there is nothing to say of any. */
function ofHosts<Value>(
  hosts: readonly ClusterHost[],
  value: (host: ClusterHost) => Value,
): Readonly<Record<string, Value>> | undefined {
  return hosts.length === 0 ? undefined : Object.fromEntries(hosts.map((host) => [host.name, value(host)]));
}
