import type { Cluster, ClusterHost, SshTarget } from '../cluster.ts';
import { hostsWithRole } from '../cluster.ts';
import { fromBastion, held, ownAddress, reached } from '../host-addresses.ts';
import { firstBastion, nfsHost } from '../hosts-of.ts';
import { contains } from '../networks.ts';
import type { NamedAddress } from '../steps.ts';
import type { AddressName, Picture } from './picture.ts';

/** All that is looked at, and from where. Small: it stands in the history of every watch. */
export interface WatchInput {
  readonly cluster: string;
  /** Bastions and load balancers, each of which looks at all others. */
  readonly vantagePoints: readonly VantagePoint[];
  /** Members that say how they are, each of itself. */
  readonly etcd: readonly WatchedMember[];
  /** Control-plane nodes and candidates: each is asked for /readyz. */
  readonly apiServers: readonly NamedAddress[];
  /** Whose SSH is looked at. Not every worker node: there may be 500. */
  readonly ssh: readonly WatchedSsh[];
  /** The virtual addresses; `port` where the API is offered. None in a cluster without a load balancer. */
  readonly addresses: Readonly<Partial<Record<AddressName, VirtualAddressSeen>>>;
  /** Address of the NFS server. Absent: there is none. */
  readonly nfs?: string;
}

export interface WatchedMember extends NamedAddress {
  readonly target: SshTarget;
  /** More that the members may call it by: what it binds, and its name among them. Absent: nothing. */
  readonly aliases?: readonly string[];
}

export interface WatchedSsh extends NamedAddress {
  readonly port: number;
  /** Where the bastion reaches its SSH. Absent: at `address`, as the others do. */
  readonly sshAddress?: string;
}

/** `address`: its own, from which it asks. */
export interface VantagePoint extends NamedAddress {
  readonly target: SshTarget;
  /** A load balancer: it also says of itself how haproxy and keepalived are, and which addresses it holds. */
  readonly balancer: boolean;
  /** The one that asks for the nodes (it has the kubeconfig) and for the NFS server: the first bastion. */
  readonly first: boolean;
  /** The addresses at which it may ask the API. */
  readonly asks: readonly AddressName[];
}

export interface VirtualAddressSeen {
  readonly address: string;
  readonly port?: number;
}

/** What the activity `watch` is called with. */
export interface WatchCall extends WatchInput {
  /** The picture of the last observation. The watch ends as soon as there is another. */
  readonly known?: Picture;
  /** Ms from the call's start after which it ends although nothing changed; never before one complete look. */
  readonly returnInMs: number;
}

/** Who serves and who may, as the failover workflow knows better than the spec. Names. */
export interface ControlPlaneRecord {
  readonly controlPlane: readonly string[];
  readonly candidates: readonly string[];
}

export function watchInput(cluster: Cluster, record: ControlPlaneRecord): WatchInput {
  const { hosts, loadBalancer, storage } = cluster;
  const etcd = hostsWithRole(cluster, 'etcd');
  const balancers = hostsWithRole(cluster, 'load-balancer');
  const apiServers = [...record.controlPlane, ...record.candidates].flatMap(
    (name) => hosts.find((host) => host.name === name) ?? [],
  );
  const nfs = nfsHost(cluster);
  return {
    cluster: cluster.name,
    vantagePoints: once([...hostsWithRole(cluster, 'bastion'), ...balancers]).map((host) => ({
      ...held(host),
      target: host.ssh,
      balancer: balancers.includes(host),
      first: host === firstBastion(cluster),
      asks: asks(cluster, host),
    })),
    etcd: etcd.map((host) => ({ ...reached(host), target: host.ssh, ...aliasesOf(host) })),
    apiServers: once(apiServers).map(reached),
    ssh: once([...apiServers, ...etcd, ...balancers, ...(nfs ? [nfs] : [])]).map((host) => ({
      ...reached(host),
      port: host.ssh.port,
      ...(fromBastion(host) !== host.address && { sshAddress: fromBastion(host) }),
    })),
    addresses: loadBalancer ? addresses(loadBalancer) : {},
    ...(storage && { nfs: nfs?.address ?? storage.nfs.server }),
  };
}

function addresses({ internal, external }: NonNullable<Cluster['loadBalancer']>): WatchInput['addresses'] {
  return {
    internal: { address: internal.address, port: internal.port },
    ...(external && {
      external: {
        address: external.address,
        ...(external.apiPort !== undefined && { port: external.apiPort }),
      },
    }),
  };
}

/** The external address refuses all but those that apiAllow names. */
function asks({ loadBalancer }: Cluster, host: ClusterHost): AddressName[] {
  if (!loadBalancer) return [];
  const { apiPort, apiAllow = [] } = loadBalancer.external ?? {};
  const admitted = apiPort !== undefined && apiAllow.some((cidr) => contains(cidr, ownAddress(host)));
  return ['internal', ...(admitted ? (['external'] as const) : [])];
}

function aliasesOf({ ip, etcdMember }: ClusterHost): { readonly aliases?: readonly string[] } {
  const aliases = [ip, etcdMember].filter((one) => one !== undefined);
  return aliases.length > 0 ? { aliases } : {};
}

/** A host may have several parts. */
function once(hosts: readonly ClusterHost[]): ClusterHost[] {
  return [...new Set(hosts)];
}
