/**
 * The times by which `decide` waits, in ms, each with its reason. What a person chooses stands in the spec:
 * `failover.confirmFor` and `failover.healsAnHour`.
 */
const second = 1000;

/** Between two observations nothing is known. A watch that follows at once begins within this; else all begins anew. */
export const longestGap = 5 * second;

/** A watch looks about once a second; a gap no longer than that between two of its looks counts as seen. */
export const countedGap = 1.5 * second;

/**
 * While something is counted down to an act, look in at least this often: a picture that changes in a small matter ends
 * a watch, and the time since the last observation would else be a gap and begin the countdown anew.
 */
export const lookIn = 3 * second;

/**
 * From the end of a promotion to the next. The new API server has its lease in etcd at once, its controllers have theirs
 * after 20 s, cluster DNS is back after 30 s: what is seen before that is not yet what the promotion made of it.
 */
export const cooldown = 60 * second;

/** A promotion that finds no candidate looks at them again this often: a passing problem needs no person. */
export const lookAgain = 300 * second;
/** A look has told what it found by then. */
export const lookTakes = 10 * second;

/**
 * Nothing answers at an API server's port, on a host that lives. The kubelet starts one that ended within about 10 s,
 * and it serves 6 s later; it notices one that hangs after 80 s, and holdfast may well be first.
 */
export const apiSilentFor = 15 * second;
/** It answers and is not ready: longer than it takes to start, or to find etcd again. */
export const apiUnreadyFor = 60 * second;
/** systemd starts haproxy and keepalived again within a second, and the other load balancer takes the address. */
export const balancerIllFor = 10 * second;
/** No load balancer's own word, but nothing answers at the address although an API server is ready. */
export const addressDeadFor = 15 * second;
/** An election takes up to 10 s with Kubespray's default of 5000 ms; a member that starts catches up meanwhile. */
export const etcdIllFor = 15 * second;
/** Members learn of a new leader within a heartbeat of it; one election after another is none of this. */
export const partedFor = 20 * second;
/** A node that registers anew is marked by whoever brings it back, in this time. */
export const unmarkedFor = 10 * second;

/**
 * A kubelet that starts registers its node within seconds, and only then: one that ran on while its Node object was
 * deleted, cut off during a promotion, never does so again (kubernetes/kubernetes#71398).
 */
export const unregisteredFor = 30 * second;

/** Between two attempts at one part of one host: what was started must have had the time to serve. */
export const healPause = 60 * second;
/** Attempts an hour at a node's marks, where anything is healed at all: by then something else takes them off. */
export const marksAnHour = 20;
export const hour = 3600 * second;
/** No heal is begun this shortly before a promotion could be decided: that one must not wait for it. */
export const promotionFirst = 15 * second;

/** A person is called within a minute; a load balancer or the bastion that boots again is not worth it. */
export const blindFor = 20 * second;
/** Later than the attempt to heal a member, which may be all that is needed. */
export const noQuorumFor = 25 * second;
/** Nobody raises one for a moment, and none goes by itself. */
export const alarmFor = 5 * second;
/** A lease lives for 15 s after its API server, twice that where etcd elects a leader meanwhile. */
export const cutOffFor = 40 * second;
/** Three attempts to heal have had their time. */
export const noApiFor = 300 * second;

/** What is degraded is said once it has lasted, and until it has been well for a while: nobody is told of a flicker. */
export const degradedAfter = 5 * second;
export const wellAfter = 15 * second;
/** What a person waits for is said for this long after it was last so: longer than it takes to be sure of it anew. */
export const waitLingers = 30 * second;
