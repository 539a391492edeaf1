import type { AccessInput } from './access.ts';
import type { BackupPlan } from './backup-plan.ts';
import type { RestoreChoice } from './restore/offer.ts';
import type {
  FailoverPolicy,
  HelmArchive,
  Kubernetes,
  Kubespray,
  LoadBalancer,
  NfsStorage,
  OwnLoadBalancer,
  Role,
  SshTarget,
  Tiller,
} from './cluster.ts';
import type { Proxy } from './proxy.ts';
import type { ProbeTarget } from './drill/probe-targets.ts';
import type { Breakage, DrillStory } from './drill/stories.ts';

/**
 * What each step is told. From the spec alone: what a step needs to know of a host it looks up itself.
 * The key is the step's id, the activity's file name, and in camelCase the activity type.
 */
export interface StepInputs {
  // connect: every host at once
  connect: NoInput;
  'gather-facts': NoInput;
  // preflight: every host at once; nothing is changed before all have passed
  'check-operating-system': NoInput;
  'check-resources': {
    roles: readonly Role[];
    /** Of a bastion: the Kubespray whose Ansible it must be able to run. */
    kubespray?: string;
  };
  'check-clock': NoInput;
  'check-reachability': {
    matrix: readonly Reach[];
    addresses: readonly VirtualAddress[];
    /** Of hosts by name that SSH reaches at another address than the rest does. */
    hosts?: Readonly<Record<string, HostAddresses>>;
    /** Absent in changes that were begun before holdfast looked at firewalls. */
    firewall?: FirewallNeeds;
  };
  // prepare: every host at once
  'disable-swap': NoInput;
  'enable-ip-forwarding': NoInput;
  'load-kernel-modules': NoInput;
  'install-packages': { roles: readonly Role[]; candidate: boolean };
  'trust-bastion': {
    bastions: readonly string[];
    /** Where the bastions reach the host, if not where the worker does: it is one of them. */
    address?: string;
    /** Of bastions by name: what the hosts may see them come from, where that is not what SSH reaches them at. */
    from?: Readonly<Record<string, readonly string[]>>;
  };
  // bastion
  'fetch-kubespray': { kubespray: Kubespray };
  'install-ansible': { kubespray: Kubespray };
  'write-inventory': InventoryInput;
  'install-kubectl': { kubernetes: Kubernetes; kubespray: Kubespray };
  // load-balancers
  'install-haproxy': NoInput;
  'configure-haproxy': BalancerInput;
  'configure-keepalived': BalancerInput;
  'check-load-balancer': BalancerInput;
  'check-existing-load-balancer': ExistingBalancerInput;
  // kubernetes
  'configure-etcd-proxy': EtcdProxyInput;
  'run-kubespray': InventoryInput & { playbook: 'cluster.yml' };
  // hosts that come and go
  /** `nodes`: worker nodes, by name; `hosts` names them too. */
  'add-nodes': InventoryInput & { nodes: readonly string[] };
  /** `nodes`: as above. `dead`: none of them will answer again. */
  'remove-nodes': InventoryInput & { nodes: readonly string[]; dead: boolean };
  'distrust-bastion': { bastions: readonly string[] };
  // reset
  'stop-watching': NoInput;
  'reset-hosts': InventoryInput;
  'stop-load-balancer': NoInput;
  'remove-inventory': NoInput;
  'restrict-ssh': RestrictSshInput;
  'remove-kubeconfig': NoInput;
  'remove-etcd-proxy': NoInput;
  // access
  'copy-kubeconfig': { server: string; controlPlane: readonly string[] };
  'check-access': { server: string; nodes: readonly string[] };
  // safety
  'backup-etcd': {
    etcd: readonly string[];
    keep: number;
    recipients: readonly string[];
    alsoTo: readonly string[];
    /** A backup younger than this will do (0: none); default 360. */
    freshMinutes?: number;
  };
  'backup-pki': {
    controlPlane: readonly string[];
    keep: number;
    recipients: readonly string[];
    alsoTo: readonly string[];
  };
  'check-backup': {
    controlPlane: readonly string[];
    alsoTo: readonly string[];
    everyHours: number;
    /** Else only their age and copies are looked at. */
    open: boolean;
  };
  'warm-candidates': { kubernetes: Kubernetes; controlPlane: readonly string[] };
  'spread-dns': { controlPlane: readonly string[]; workerNodes: readonly string[] };
  // apps
  'install-helm': { version: 2 | 3; kubespray: Kubespray; archive?: HelmArchive };
  'install-tiller': { tiller: Tiller };
  'install-nfs-server': { nfs: NfsStorage; clients: readonly string[] };
  'install-nfs-client': NoInput;
  'create-storage-class': { nfs: NfsStorage; serverAddress: string };
  'install-nfs-provisioner': {
    nfs: NfsStorage;
    serverAddress: string;
    /** The bastion's `helm` is Helm 2. */
    helm3?: true;
  };
  // verify
  'check-nodes': { controlPlane: readonly string[]; workerNodes: readonly string[]; version: string };
  'check-etcd': { etcd: readonly string[] };
  'check-api-through-load-balancers': {
    loadBalancer: LoadBalancer;
    allowedFrom?: string;
    refusedFrom?: string;
  };
  'check-dns': { minimumHosts: number };
  'check-storage': { nfs: NfsStorage };
  'check-ha-rules': HaRulesInput;
  // a person's access
  'give-access': AccessInput;
  // healing, by the workflow failover
  'heal-api-server': NoInput;
  'heal-load-balancer': { loadBalancer: OwnLoadBalancer };
  'heal-etcd': NoInput;
  'mark-control-plane': { nodes: readonly ControlPlaneMarks[] };
  // keep: what goes on once the change has ended
  'start-failover': NoInput;
  'start-backups': { plan: BackupPlan };
  // promotion, check: nothing is changed before all have passed
  'resolve-own-name': NoInput;
  'check-candidate': { kubernetes: Kubernetes };
  'check-etcd-quorum': { etcd: readonly string[] };
  // promotion, restore
  'snapshot-etcd': { etcd: readonly string[] };
  'restore-pki': RestorePkiInput;
  'issue-etcd-client': { etcd: readonly string[]; controlPlane: readonly string[] };
  // promotion, control-plane
  'start-control-plane': { kubernetes: Kubernetes };
  'check-api-server': {
    server: string;
    /** Behind a load balancer of somebody else: the backend that it must know. */
    backend?: NamedAddress;
  };
  // promotion, tidy
  'copy-kubectl': { bastion: string };
  'upload-kubeadm-config': { bastion: string; server: string };
  'label-promoted-node': { node: string };
  'remove-lost-nodes': { lost: readonly string[] };
  // promotion, verify
  'check-writes': { addresses: readonly string[] };
  // demotion
  'check-control-plane': { controlPlane: readonly string[]; needed: number };
  'stop-control-plane': { controlPlane: readonly string[]; needed: number };
  'check-control-plane-left': { left: NamedAddress };
  'remove-control-plane-files': {
    /** The host had a certificate for etcd before it was promoted. */
    keepEtcdClient: boolean;
  };
  'unlabel-demoted-node': { node: string };
  'hand-back-kubeadm-config': { controlPlane: readonly string[] };
  // restore of etcd; `choice` is added once a person has chosen
  'look-for-snapshots': RestoreLookInput;
  'stage-snapshot': { places: readonly string[]; choice?: RestoreChoice };
  'stop-api-server': NoInput;
  'stop-etcd': NoInput;
  'save-member': NoInput;
  'restore-member': { choice?: RestoreChoice };
  'start-etcd': NoInput;
  'start-api-server': NoInput;
  'restart-controllers': NoInput;
  'restart-kubelet': NoInput;
  // a drill
  'check-drill': {
    story: DrillStory;
    balancers: readonly string[];
    etcd: readonly NamedAddress[];
    /** The internal address, of which the holder is looked for. */
    internal?: string;
    /** A worker node is promoted without a person where fewer than these serve. */
    promoteBelow?: number;
  };
  'start-prober': { targets: readonly ProbeTarget[]; seconds: number };
  'set-restore-timer': { breakage: Breakage; seconds: number };
  /** `seconds`: at least so long must the timer still run. */
  'break-host': { breakage: Breakage; seconds: number; bastion: string };
  'put-back': { breakage: Breakage; bastion: string };
  'write-drill-report': { story: DrillStory; what: string };
  // beside a plan: whether each candidate could be promoted now
  'check-candidates': CandidatesInput;
}

export type StepId = keyof StepInputs;
export type NoInput = { readonly [key: string]: never };

/** How a node of the control plane is marked: one that carries other pods too has no taint. */
export interface ControlPlaneMarks {
  readonly name: string;
  readonly taint: boolean;
  /** The spec's own, which its Node object had before it was deleted. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One line of the reachability matrix: who must reach whom, on which port, and why. */
export interface Reach {
  readonly from: readonly string[];
  /** Names of hosts, or the address of a machine outside the spec. */
  readonly to: readonly string[];
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'vrrp';
  readonly why: string;
  /** Where the hosts in `to` are dialled: as SSH reaches them, or at what they hold. Absent: as the others reach them. */
  readonly at?: 'ssh' | 'ip';
}

/** By which the others reach a host, and what it holds itself. */
export interface HostAddresses {
  readonly address: string;
  readonly ip: string;
}

/** A virtual address, the hosts that will carry it, and the prefix of their subnet. */
export interface VirtualAddress {
  readonly address: string;
  readonly carriers: readonly string[];
}

/** What a firewall on a host must let through beside what the matrix says. */
export interface FirewallNeeds {
  readonly nodes: readonly string[];
  /** Nodes take the pods' traffic as their own. */
  readonly podCidr: string;
  readonly balancers: readonly string[];
  /** At the external address. */
  readonly outsidePorts: readonly number[];
}

/** `server`: as `https://ADDRESS:PORT`. */
export interface ExistingBalancerInput {
  readonly server: string;
  /** Its backends: control-plane nodes and failover candidates. */
  readonly apiServers: readonly NamedAddress[];
  /** Hosts beside the bastion that reach the API by it. */
  readonly clients: readonly string[];
}

export interface BalancerInput {
  readonly loadBalancer: OwnLoadBalancer;
  readonly timings: FailoverPolicy['timings'];
  /** Their own addresses: VRRP does not work through translation. */
  readonly balancers: readonly NamedAddress[];
  /** Control-plane nodes first, then every failover candidate. */
  readonly apiServers: readonly (NamedAddress & { readonly candidate: boolean })[];
  readonly workerNodes: readonly NamedAddress[];
}

export interface EtcdProxyInput {
  readonly etcd: readonly NamedAddress[];
  readonly timings: FailoverPolicy['timings'];
  /** The host is a load balancer too: the distribution's haproxy.service is in use there. */
  readonly balancer: boolean;
  /** Members that a restore goes without, and that may come back with their old data. Absent: no restore says. */
  readonly leftOut?: readonly string[];
}

export interface InventoryInput {
  readonly hosts: readonly InventoryHost[];
  readonly kubernetes: Kubernetes;
  readonly kubespray: Kubespray;
  readonly loadBalancer?: LoadBalancer;
  readonly candidates: readonly string[];
  readonly timings: FailoverPolicy['timings'];
}

/** `address`: by which the other hosts reach it. */
export interface InventoryHost extends NamedAddress {
  /** What Kubernetes and etcd bind; absent: `address`. */
  readonly ip?: string;
  /** Of a node, where pods and services have IPv6 addresses too. */
  readonly ip6?: string;
  /** Where Ansible on the bastion reaches it; absent: `address`. */
  readonly sshAddress?: string;
  /** Absent: its name. */
  readonly etcdMember?: string;
  readonly roles: readonly Role[];
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
  readonly user: string;
  /** On the worker's machine; absent: its sudo asks for none. */
  readonly sudoPasswordFile?: string;
}

/** Who may log in on a host by SSH. */
export interface RestrictSshInput {
  /** False: whoever sshd lets in by its own settings. */
  readonly exclusive: boolean;
  /** Names of the bastions, each of which must get in afterwards. */
  readonly bastions: readonly string[];
  /** Addresses that a bastion may come from, beside the one that the host sees. */
  readonly from: readonly string[];
  /** Where the bastions reach the host. Absent: at its address. */
  readonly address?: string;
}

export interface HaRulesInput {
  readonly balancers: readonly NamedAddress[];
  readonly loadBalancer?: LoadBalancer;
  readonly etcd: readonly string[];
  readonly controlPlane: readonly string[];
  /** Of control-plane nodes by name: the address that their API server advertises, where SSH reaches them at another. */
  readonly advertised?: Readonly<Record<string, string>>;
  readonly candidates: readonly string[];
  readonly accepted: readonly string[];
}

/** `places`: hosts that may hold a backup of the PKI, the bastion first; a dead one is skipped. */
export interface RestorePkiInput {
  /** `address`: its own, which its API server advertises; `others`: more that it goes by. */
  readonly candidate: NamedAddress & { readonly others?: readonly string[] };
  readonly kubernetes: Kubernetes;
  readonly places: readonly string[];
}

export interface CandidatesInput {
  readonly candidates: readonly string[];
  readonly kubernetes: Kubernetes;
  /** As in `RestorePkiInput`. */
  readonly places: readonly string[];
}

export interface RestoreLookInput {
  readonly etcd: readonly string[];
  /** Control-plane nodes and candidates. */
  readonly apiServers: readonly string[];
  /** Hosts that hold backups, the bastion first. */
  readonly places: readonly string[];
}

export interface NamedAddress {
  readonly name: string;
  readonly address: string;
}

/** What every activity gets: who it is about, whom else it may talk to, and its own input. */
export type StepCall<Id extends StepId> = StepInputs[Id] & StepContext;

export interface StepContext {
  readonly cluster: string;
  /** The host the step is about. Steps about the whole cluster run on the bastion, which is then `target`. */
  readonly target: SshTarget;
  /** The other hosts that the step may talk to, by name (`Step.others` of the plan). */
  readonly others: Readonly<Record<string, SshTarget>>;
  /** How hosts reach what lies outside of the site. Absent: directly. */
  readonly proxy?: Proxy;
  /** Names remote jobs: `holdfast-<cluster>-<step>-<mark of the change>-<job>`. Only the workflow raises `job`. */
  readonly change: string;
  readonly job: number;
}

/** What every step answers. Small: it stands in the workflow's history. */
export interface StepResult {
  readonly changed: boolean;
  /** One line for a person: what was found or done. */
  readonly summary: string;
  /** It is done, but not as well as it should be: what of it a person should know. */
  readonly problem?: string;
}
