import type { Cluster } from '../cluster/cluster.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { changeId } from '../workflows/contract.ts';
import { describedRun, inputOf, newestChange, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import type { Temporal } from './connect.ts';
import { ifAnswered, recordedSpec } from './failover/run.ts';

/** Runs that are looked at for one that changed something; whoever aborted more has read the messages. */
const runsBack = 50;

/**
 * The spec that the cluster's hosts were last changed by: failover's record of it, once there is one, else the newest
 * change's that got beyond its checks; undefined where none did, or a reset came after it.
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
    if (run.workflowType === 'reset' && run.temporalState === 'COMPLETED') return undefined;
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
