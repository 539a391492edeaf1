/**
 * The domain's own shape of a spec file: parsed once, complete, with every default filled in.
 * Nobody re-checks it. It crosses Temporal as JSON, so: plain data only, no Map, no class.
 */
export interface Cluster {
  /** DNS label; part of every workflow id. */
  readonly name: string;
  readonly hosts: readonly ClusterHost[];
  /** Absent: SSH on the hosts is as their own settings have it. */
  readonly bastion?: { readonly exclusive: boolean };
  /** Absent only where the spec accepts it in writing. */
  readonly loadBalancer?: LoadBalancer;
  readonly kubernetes: Kubernetes;
  readonly kubespray: Kubespray;
  readonly helm: Helm;
  readonly storage?: { readonly nfs: NfsStorage };
  readonly failover: FailoverPolicy;
  readonly backup: BackupPolicy;
  /** Components whose loss the owner accepts in writing, as named by `cluster/rules.ts`. */
  readonly singlePointsOfFailure: readonly string[];
}

/** Helm on the bastion; with version 2 its Tiller in the cluster, and Helm 3 beside it as `helm3`. */
export type Helm =
  { readonly version: 3 } | { readonly version: 2; readonly archive?: HelmArchive; readonly tiller: Tiller };

/** Where the archive of Helm 2 comes from. Absent: https://get.helm.sh. */
export interface HelmArchive {
  /** URL that the bastion reaches. */
  readonly source: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface Tiller {
  readonly namespace: string;
  /** With its tag. */
  readonly image: string;
  /** Namespaces in which it may do everything, and nothing elsewhere. Empty: the whole cluster. */
  readonly manages: readonly string[];
}

export const roles = ['bastion', 'load-balancer', 'etcd', 'control-plane', 'worker', 'nfs-server'] as const;
export type Role = (typeof roles)[number];

export interface ClusterHost {
  readonly name: string;
  /** IPv4 address that the other hosts reach it by. */
  readonly address: string;
  /** What Kubernetes and etcd bind on it. Absent: `address`. */
  readonly ip?: string;
  /** With `kubernetes.ipv6`: what the kubelet gives as the node's IPv6 address. */
  readonly ip6?: string;
  readonly roles: readonly Role[];
  /** Its name among etcd's members. Absent: `name`. */
  readonly etcdMember?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How the worker process reaches it; per-host overrides are merged in already. */
  readonly ssh: SshTarget;
}

/** All that is needed to open a connection to one host. Holds paths, never secrets. */
export interface SshTarget {
  readonly name: string;
  /** As the bastion reaches it; of a bastion, as the worker does. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Paths on the machine where the Temporal worker runs. `~/` is resolved there. Absent: the SSH agent. */
  readonly identityFile?: string;
  readonly knownHosts: string;
  readonly sudoPasswordFile?: string;
  /** The bastion that carries the connection. Absent for a bastion itself. */
  readonly via?: SshTarget;
}

export type LoadBalancer = OwnLoadBalancer | ExistingLoadBalancer;

/** HAProxy and keepalived on the hosts with that role. */
export interface OwnLoadBalancer {
  readonly existing?: undefined;
  readonly internal: { readonly address: string; readonly port: number; readonly routerId: number };
  readonly external?: ExternalAddress;
  /** CIDR prefix length of the addresses, from the load balancers' own subnet. */
  readonly prefixLength: number;
}

/** Machines of somebody else, which are used and never touched. What comes from outside is theirs alone. */
export interface ExistingLoadBalancer {
  readonly existing: true;
  readonly internal: { readonly address: string; readonly port: number };
  readonly external?: undefined;
  /** The owner's word that more than one machine stands behind the address. */
  readonly replicated: boolean;
}

export interface ExternalAddress {
  readonly address: string;
  readonly routerId: number;
  readonly forward: readonly Forward[];
  /** The API on the external address: only with both of these. */
  readonly apiPort?: number;
  readonly apiAllow: readonly string[];
}

/** A port of the external address that leads to a node port of every worker node. */
export interface Forward {
  readonly port: number;
  readonly nodePort: number;
  /** What listens there expects the client's address by the PROXY protocol, version 2. */
  readonly proxyProtocol?: true;
}

export interface Kubernetes {
  /** Without a leading "v", as Kubespray wants it since v2.28. */
  readonly version: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Pods and services have an IPv6 address beside the other (dual stack). Absent: they have none. */
  readonly ipv6?: { readonly podCidr: string; readonly serviceCidr: string };
  readonly network: NetworkPlugin;
}

export type NetworkPlugin = 'flannel' | 'calico' | 'cilium' | 'cni';

/** JSON as it may stand in `kubespray.vars` and `helm.values`; `{ fromFile: PATH }` is read by the activity. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface Kubespray {
  readonly version: string;
  /** URL, or path on the worker's machine, of a git repository. */
  readonly source: string;
  readonly vars: { readonly [key: string]: Json };
}

export interface NfsStorage {
  /** Address, or the name of a host with role nfs-server. */
  readonly server: string;
  readonly path: string;
  readonly storageClass: string;
  readonly default: boolean;
  readonly archiveOnDelete: boolean;
  /** The owner's word that more than one machine stands behind `server`. */
  readonly replicated?: boolean;
  /** Where chart and image come from; absent: upstream's. A path or URL of a chart archive, or `{ repo, name, version }`. */
  readonly chart?: { readonly source?: string; readonly version?: string; readonly sha256?: string };
  readonly image?: { readonly repository: string; readonly tag: string };
}

export interface FailoverPolicy {
  readonly mode: 'automatic' | 'manual';
  /** Worker nodes that may be promoted, in order of preference. */
  readonly candidates: readonly string[];
  readonly confirmForSeconds: number;
  /** A worker node is promoted when fewer control-plane nodes than this serve; 1: when all are lost. */
  readonly promoteBelow: number;
  /** Attempts to heal one part of a host within an hour, before a person is asked. */
  readonly healsAnHour: number;
  readonly timings: 'fast' | 'calm';
}

export interface BackupPolicy {
  readonly everyHours: number;
  readonly keep: number;
  /** age recipients (`age1…`): the key that opens the backups is not on the cluster. */
  readonly recipients: readonly string[];
  readonly alsoTo: readonly string[];
}

/** Hosts that hold a role, in file order. */
export function hostsWithRole(cluster: Cluster, role: Role): readonly ClusterHost[] {
  return cluster.hosts.filter((host) => host.roles.includes(role));
}
