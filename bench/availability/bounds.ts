/** What each story promises: seconds, with `failover.timings: fast`. Figures without a bound are told all the same. */
export interface Promised {
  readonly story: string;
  /** For people. */
  readonly what: string;
  /** Figure → the most that it may be. */
  readonly bounds: Readonly<Record<string, number>>;
  /** Figures without a bound that stand in the table too. */
  readonly shown?: readonly string[];
}

/** `read`, `write`: when the last failed try of any client began, after the fault. */
const both = (seconds: number) => ({ read: seconds, write: seconds });

export const promised: readonly Promised[] = [
  { story: 'one-master-off', what: 'one master powered off', bounds: both(1) },
  { story: 'one-master-frozen', what: 'one master frozen', bounds: both(1.5) },
  { story: 'api-server-stopped', what: 'the API server of one master SIGSTOPped', bounds: both(1.5) },
  {
    story: 'balancer-off',
    what: 'the load balancer that holds the internal address powered off',
    bounds: both(0.6),
  },
  { story: 'haproxy-killed', what: 'its haproxy killed', bounds: both(1) },
  { story: 'haproxy-hung', what: 'its haproxy hung (SIGSTOP)', bounds: both(2) },
  { story: 'etcd-leader-killed', what: 'the etcd leader’s process killed', bounds: both(1.5) },
  { story: 'etcd-leader-off', what: 'the etcd leader’s host powered off', bounds: both(1.5) },
  { story: 'etcd-leader-frozen', what: 'the etcd leader’s process frozen', bounds: both(1.5) },
  {
    story: 'etcd-proxy-killed',
    what: 'the local proxy before etcd killed on one master',
    bounds: both(1.5),
  },
  {
    story: 'all-masters-off',
    what: 'all three masters powered off, a worker node promoted',
    bounds: { write: 45, deployment: 25, dns: 30 },
    shown: ['mastersBack'],
  },
  {
    story: 'all-masters-and-etcd-off',
    what: 'all masters and one etcd member powered off',
    bounds: { write: 45, deployment: 25, dns: 30 },
    shown: ['mastersBack'],
  },
  {
    story: 'candidate-off',
    what: 'all masters powered off, then the worker node that is being promoted: the next one serves',
    bounds: {},
    shown: ['candidateOff', 'write'],
  },
  {
    story: 'watcher-cut',
    what: 'the watcher’s network cut for 2 minutes',
    bounds: {},
    shown: ['blind', 'watchesAgain'],
  },
  { story: 'bastion-off', what: 'the bastion powered off', bounds: { read: 0, write: 0, webhook: 60 } },
  { story: 'nfs-off', what: 'the NFS server off for 2 minutes', bounds: both(0), shown: ['named'] },
  { story: 'soak', what: 'an hour under load, and nothing broken', bounds: { alarms: 0 } },
  {
    story: 'quorum-lost',
    what: 'etcd’s quorum lost, and restored by a person',
    bounds: {},
    shown: ['waits', 'restore', 'together', 'lost'],
  },
];

export function promisedBy(story: string): Promised {
  const found = promised.find((one) => one.story === story);
  if (!found) throw new RangeError(`no story ${story}`);
  return found;
}
