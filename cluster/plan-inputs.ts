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
import { contains } from './networks.ts';
import type {
  BalancerInput,
  EtcdProxyInput,
  ExistingBalancerInput,
  FirewallNeeds,
  HaRulesInput,
  InventoryInput,
  NamedAddress,
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
    balancers: hostsWithRole(cluster, 'load-balancer').map(named),
    apiServers: [
      ...hostsWithRole(cluster, 'control-plane').map((host) => ({ ...named(host), candidate: false })),
      ...candidateHosts(cluster).map((host) => ({ ...named(host), candidate: true })),
    ],
    workerNodes: hostsWithRole(cluster, 'worker').map(named),
  };
}

/** From where to look whether a load balancer of somebody else leads to each of its backends. */
export function existingBalancerInput(cluster: Cluster): ExistingBalancerInput {
  return {
    server: apiServer(cluster),
    apiServers: apiServerHosts(cluster).map(named),
    clients: namesOf(nodes(cluster)),
  };
}

export function etcdProxyInput(cluster: Cluster, host: ClusterHost): EtcdProxyInput {
  return {
    etcd: hostsWithRole(cluster, 'etcd').map(named),
    timings: cluster.failover.timings,
    balancer: host.roles.includes('load-balancer'),
  };
}

/** All that the inventory and its variables are made of: the hosts that Kubespray manages, in file order. */
export function inventoryInput(cluster: Cluster): InventoryInput {
  const { kubernetes, kubespray, loadBalancer, failover } = cluster;
  return {
    hosts: kubernetesHosts(cluster).map((host) => ({
      ...named(host),
      roles: host.roles,
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
  return {
    balancers: hostsWithRole(cluster, 'load-balancer').map(named),
    ...(loadBalancer && { loadBalancer }),
    etcd: namesOf(hostsWithRole(cluster, 'etcd')),
    controlPlane: namesOf(hostsWithRole(cluster, 'control-plane')),
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
  const isAllowed = ({ address }: ClusterHost) => external.apiAllow.some((cidr) => contains(cidr, address));
  const allowed = hosts.find(isAllowed);
  const refused = hosts.find((host) => !isAllowed(host));
  return { ...(allowed && { allowedFrom: allowed.name }), ...(refused && { refusedFrom: refused.name }) };
}

const named = ({ name, address }: ClusterHost): NamedAddress => ({ name, address });
