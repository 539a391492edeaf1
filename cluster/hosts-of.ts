import { hostsWithRole } from './cluster.ts';
import type { Cluster, ClusterHost, OwnLoadBalancer } from './cluster.ts';
import { addressesOf } from './host-addresses.ts';

/** Hosts that run kubelet: control-plane and worker nodes, in file order. */
export function nodes(cluster: Cluster): readonly ClusterHost[] {
  return cluster.hosts.filter(({ roles }) => roles.includes('control-plane') || roles.includes('worker'));
}

/** Hosts that Kubespray manages: nodes and etcd members, in file order. */
export function kubernetesHosts(cluster: Cluster): readonly ClusterHost[] {
  return cluster.hosts.filter(({ roles }) =>
    roles.some((role) => role === 'control-plane' || role === 'worker' || role === 'etcd'),
  );
}

/** Hosts that may be promoted, in order of preference. */
export function candidateHosts(cluster: Cluster): readonly ClusterHost[] {
  return cluster.failover.candidates.flatMap(
    (name) => cluster.hosts.find((host) => host.name === name) ?? [],
  );
}

/** Hosts that run an API server, now or after a promotion: control-plane nodes, then candidates. */
export function apiServerHosts(cluster: Cluster): readonly ClusterHost[] {
  return [...new Set([...hostsWithRole(cluster, 'control-plane'), ...candidateHosts(cluster)])];
}

/** The host that steps about the whole cluster run on. */
export function firstBastion(cluster: Cluster): ClusterHost {
  const [bastion] = hostsWithRole(cluster, 'bastion');
  if (!bastion) throw new TypeError('a Cluster has a bastion: parseSpec refuses others');
  return bastion;
}

/** The host of the spec that is the NFS server, named by name or by an address. Undefined: none, or a server outside. */
export function nfsHost({ hosts, storage }: Cluster): ClusterHost | undefined {
  const server = storage?.nfs.server;
  return hosts.find((host) => [host.name, ...addressesOf(host)].some((one) => one === server));
}

/** The load balancer that runs on hosts of the spec. Undefined: there is none, or it is somebody else's. */
export function ownLoadBalancer({ loadBalancer }: Cluster): OwnLoadBalancer | undefined {
  return loadBalancer?.existing ? undefined : loadBalancer;
}

/** Where clients reach the API: `https://ADDRESS:PORT`. */
export function apiServer(cluster: Cluster): string {
  const internal = cluster.loadBalancer?.internal;
  if (internal) return `https://${internal.address}:${internal.port}`;
  return `https://${hostsWithRole(cluster, 'control-plane')[0]?.address}:6443`;
}

export const namesOf = (hosts: readonly { readonly name: string }[]): string[] =>
  hosts.map(({ name }) => name);
