/** Workflow ids and search attributes as activities need them too; `workflows/contract.ts` is where the rest reads them. */

/** Every change of a cluster has this one id: Temporal's own uniqueness is the lock. */
export const changeId = (cluster: string): string => `holdfast:${cluster}:change`;
export const hostChangeId = (cluster: string, host: string): string => `${changeId(cluster)}:host:${host}`;

/** For as long as the cluster lives: watches, decides, and holds the last applied spec. */
export const failoverId = (cluster: string): string => `holdfast:${cluster}:failover`;
export const backupId = (cluster: string): string => `holdfast:${cluster}:backup`;
/** No lock: it touches nothing that a change does. One a person: the second command waits for the first. */
export const accessId = (cluster: string, user: string): string => `holdfast:${cluster}:access:${user}`;
export const drillId = (cluster: string): string => `holdfast:${cluster}:drill`;

export const clusterAttributeName = 'HoldfastCluster';
export const stateAttributeName = 'HoldfastState';

/**
 * Eight characters by which a host's units, folders and files name the change that they are of. The last of its run id:
 * Temporal's ids begin with the time (UUIDv7), and the first eight are the same for whatever begins within 66 seconds.
 */
export const changeMark = (runId: string): string => runId.slice(-8);
