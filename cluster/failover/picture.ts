/**
 * What the watcher saw in one look. Plain data: it crosses Temporal as JSON and stands in the history each time it
 * changes, so it holds no figure that moves by itself (no terms, revisions, latencies).
 */
export interface Picture {
  /** Bastions and load balancers, each of which looks at all others. Null: not heard from. */
  readonly vantagePoints: Readonly<Record<string, View | null>>;
  /** What each load balancer says of itself. Null: not heard from. */
  readonly balancers: Readonly<Record<string, BalancerView | null>>;
  /** What each etcd member says of itself and of the cluster. Null: not heard from. */
  readonly etcd: Readonly<Record<string, EtcdView | null>>;
  /** As the API tells through the internal address. Null: it did not tell. */
  readonly nodes: Readonly<Record<string, NodeView>> | null;
  /** Whether the NFS server's port answers, seen from the bastion. Absent: there is none. Null: not seen. */
  readonly nfs?: boolean | null;
}

/** What one vantage point sees of the others. */
export interface View {
  /** Whether an SSH server greets, by host: control-plane nodes, candidates, etcd members, load balancers, NFS server. */
  readonly ssh: Readonly<Record<string, boolean>>;
  /** `/readyz` by host, asked directly: control-plane nodes and candidates. */
  readonly api: Readonly<Record<string, ApiAnswer>>;
  /** The same through the virtual addresses. `external` only where the API is offered there to this vantage point. */
  readonly addresses: Readonly<Partial<Record<AddressName, ApiAnswer>>>;
}

/**
 * ready: 200. unready: any other answer. refused: nothing listens, or it hung up without an answer (a balancer that
 * has no server): the host's kernel lives. silent: no answer within the look's time limit, or no way there.
 */
export type ApiAnswer = 'ready' | 'unready' | 'refused' | 'silent';
export type AddressName = 'internal' | 'external';

export interface BalancerView {
  /** haproxy carries a request (its health port, 127.0.0.1). */
  readonly haproxy: boolean;
  /** keepalived's unit is active and its process runs. */
  readonly keepalived: boolean;
  readonly holds: readonly AddressName[];
}

export interface EtcdView {
  /** A linearizable read through this member succeeded: the quorum lives and this member is part of it. */
  readonly healthy: boolean;
  /** Name of the leader as this member sees it; '' where it sees none. */
  readonly leader: string;
  /**
   * Addresses of the API servers that hold a lease under /registry/masterleases/ (15 s), from that same read.
   * Null: it could not be read.
   */
  readonly leases: readonly string[] | null;
  /** Alarms that are raised: `NOSPACE` (no write is taken), `CORRUPT`. Absent: seen by a holdfast that did not look. */
  readonly alarms?: readonly string[];
  /** Its database takes more than 80 % of its quota; etcd tells since 3.6. */
  readonly fills?: boolean;
}

export interface NodeView {
  readonly ready: boolean;
  /** Has the label node-role.kubernetes.io/control-plane. */
  readonly controlPlane: boolean;
}

/**
 * A picture and how long it held, by one watcher's clock (ms since 1970). Between two observations nothing is known:
 * who adds up their times must look at the gap.
 */
export interface Observation {
  readonly picture: Picture;
  /** When this very picture was first seen by this watch. */
  readonly since: number;
  /** When it was last seen: the end of the watch. */
  readonly until: number;
}
