import type { Cluster } from '../cluster/cluster.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { changeId } from '../workflows/contract.ts';
import { describedRun, inputOf, newestChange, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import { clusters } from './cluster-argument.ts';
import type { Temporal } from './connect.ts';
import { ifAnswered, recordedSpec } from './failover/run.ts';

/** Runs that are looked at for one that changed something; whoever aborted more has read the messages. */
const runsBack = 50;

/**
 * The spec that the cluster's hosts were last changed by: failover's record of it, once there is one, else the newest
 * change's that got beyond its checks; undefined where none did.
 */
export async function lastApplied(temporal: Temporal, cluster: string): Promise<Cluster | undefined> {
  return (await recorded(temporal, cluster)) ?? (await lastStarted(temporal, cluster));
}

/** As `lastApplied`, else what the newest change was started with, whatever became of it. */
export async function knownSpec(temporal: Temporal, cluster: string): Promise<Cluster | undefined> {
  const spec = await recorded(temporal, cluster);
  const newest = spec ? undefined : await newestChange(temporal, cluster);
  return spec ?? (newest && (await inputOf(temporal, newest))?.spec);
}

/** Undefined also where nobody answers for it: what the changes were started with says nearly the same. */
const recorded = (temporal: Temporal, cluster: string): Promise<Cluster | undefined> =>
  ifAnswered(temporal, cluster, recordedSpec);

async function lastStarted(temporal: Temporal, cluster: string): Promise<Cluster | undefined> {
  const query = `WorkflowId = '${changeId(cluster)}'`;
  let left = runsBack;
  for await (const { runId } of temporal.client.workflow.list({ query })) {
    if (left-- === 0) return undefined;
    const run = await describedRun(temporal, cluster, runId);
    if (await touchedHosts(temporal, run)) return (await inputOf(temporal, run))?.spec;
  }
  return undefined;
}

/** An open change may touch them any moment, and one that left no word may have: only its own word says that it did not. */
async function touchedHosts(temporal: Temporal, run: ChangeRun): Promise<boolean> {
  return run.open || wasBeyondChecks(await statusOf(temporal, run));
}

/** Phases that change nothing: of a bring-up, and of a restore. */
const beforeHosts = new Set(['connect', 'preflight', 'look', 'confirm']);

export function wasBeyondChecks({ steps }: Pick<ChangeStatus, 'steps'>): boolean {
  return (
    steps.length === 0 || steps.some(({ phase, state }) => !beforeHosts.has(phase) && state !== 'pending')
  );
}

/** Hosts of this spec that belong to another cluster already, as `name (address) of cluster`. */
export async function takenHosts(temporal: Temporal, spec: Cluster): Promise<readonly string[]> {
  const others = (await clusters(temporal)).filter((name) => name !== spec.name);
  const specs = await Promise.all(others.map((name) => specsOf(temporal, name)));
  return [...new Set(specs.flat().flatMap((other) => sharedHosts(other, spec)))];
}

/** An open change may bring hosts into its cluster that the record does not name yet. */
async function specsOf(temporal: Temporal, cluster: string): Promise<readonly Cluster[]> {
  const newest = await newestChange(temporal, cluster);
  const opening = newest?.open ? (await inputOf(temporal, newest))?.spec : undefined;
  return [await lastApplied(temporal, cluster), opening].filter((spec) => spec !== undefined);
}

/**
 * Private addresses mean the same machine only behind the same bastion. A bastion itself may serve several clusters.
 */
export function sharedHosts(other: Cluster, spec: Cluster): readonly string[] {
  const behind = (cluster: Cluster) =>
    new Map(
      cluster.hosts
        .filter(({ ssh }) => ssh.via)
        .map((host) => [`${host.ssh.via?.address}:${host.ssh.via?.port} ${host.address}`, host]),
    );
  const mine = behind(spec);
  return [...behind(other)]
    .filter(([key]) => mine.has(key))
    .map(([, { name, address }]) => `${name} (${address}) of ${other.name}`);
}
