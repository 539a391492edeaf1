import { linkOf, newestChange, openChange, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';
import { failoverLink, failoverRun, failoverStatus, openFailover } from './failover/run.ts';
import type { FailoverRun } from './failover/run.ts';
import { freshRefusal } from './refusal.ts';

export type Receiver = 'change' | 'failover' | 'change, else failover';

/** Sends a person's word to the open change of a cluster, or to its failover, and says which and what became of it. */
export async function send(
  named: string | undefined,
  signal: 'retry' | 'skip' | 'failover' | 'forget' | 'pause' | 'resume' | 'approve',
  input: object,
  to: Receiver,
): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const { what, link, workflowId, runId, refused } = await receiverOf(temporal, cluster, to);
    const before = await refused();
    await temporal.client.workflow.getHandle(workflowId, runId).signal(signal, input);
    // A query is answered after the signals before it: a refusal is in it already.
    const after = await refused().catch(() => before);
    const why = freshRefusal(before, after);
    if (why !== undefined) throw new BadInput(`${cluster}: ${signal} was refused: ${why}`);
    console.log(`${cluster}: ${signal} went to ${what}\n${link}`);
  } finally {
    await temporal.close();
  }
}

interface Open {
  readonly what: string;
  readonly link: string;
  readonly workflowId: string;
  /** Absent: whichever run is newest when the signal arrives. */
  readonly runId?: string;
  readonly refused: () => Promise<readonly { readonly signal: string; readonly why: string }[]>;
}

async function receiverOf(temporal: Temporal, cluster: string, to: Receiver): Promise<Open> {
  if (to === 'change') return asChange(temporal, await openChange(temporal, cluster));
  if (to === 'failover') return asFailover(temporal, await openFailover(temporal, cluster));
  const change = await newestChange(temporal, cluster);
  if (change?.open) return asChange(temporal, change);
  const failover = await failoverRun(temporal, cluster);
  return failover?.open
    ? asFailover(temporal, failover)
    : asChange(temporal, await openChange(temporal, cluster));
}

function asChange(temporal: Temporal, run: ChangeRun): Open {
  const { workflowId, runId } = run;
  return {
    what: `the change ${workflowId}, run ${runId}`,
    link: linkOf(temporal, run),
    workflowId,
    runId,
    refused: async () => (await statusOf(temporal, run)).refused,
  };
}

function asFailover(temporal: Temporal, run: FailoverRun): Open {
  const { workflowId } = run;
  return {
    what: `failover, ${workflowId}`,
    link: failoverLink(temporal, run),
    workflowId,
    refused: async () => (await failoverStatus(temporal, run)).refused,
  };
}
