import type { Cluster } from '../cluster/cluster.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { changeId } from '../workflows/contract.ts';
import { describedRun, inputOf, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import { clusters } from './cluster-argument.ts';
import type { Temporal } from './connect.ts';

/** Runs that are looked at for one that changed something; whoever aborted more has read the messages. */
const runsBack = 50;

/** The spec that the cluster's hosts were last changed by; undefined where no change of it got beyond its checks. */
export async function lastApplied(temporal: Temporal, cluster: string): Promise<Cluster | undefined> {
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

export function wasBeyondChecks({ steps }: Pick<ChangeStatus, 'steps'>): boolean {
  return (
    steps.length === 0 ||
    steps.some(({ phase, state }) => phase !== 'connect' && phase !== 'preflight' && state !== 'pending')
  );
}

/** Hosts of this spec that belong to another cluster already, as `name (address) of cluster`. */
export async function takenHosts(temporal: Temporal, spec: Cluster): Promise<readonly string[]> {
  const others = (await clusters(temporal)).filter((name) => name !== spec.name);
  const specs = await Promise.all(others.map((name) => lastApplied(temporal, name)));
  return specs.flatMap((other) => (other ? sharedHosts(other, spec) : []));
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
