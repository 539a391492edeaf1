import type { ChangeStatus } from '../cluster/status.ts';
import { linkOf, openChange, statusOf } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { BadInput } from './exit.ts';

/** Sends a person's word to the open change of a cluster, and says what became of it. */
export async function send(
  named: string | undefined,
  signal: 'retry' | 'skip',
  input: object,
): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const run = await openChange(temporal, cluster);
    const before = await statusOf(temporal, run);
    await temporal.client.workflow.getHandle(run.workflowId, run.runId).signal(signal, input);
    // A query is answered after the signals before it: a refusal is in it already.
    const after = await statusOf(temporal, run).catch(() => undefined);
    const refused = after && freshRefusal(before, after);
    if (refused) throw new BadInput(`${cluster}: ${signal} was refused: ${refused}`);
    console.log(
      `${cluster}: ${signal} went to the change ${run.workflowId}, run ${run.runId}\n${linkOf(temporal, run)}`,
    );
  } finally {
    await temporal.close();
  }
}

function freshRefusal(before: ChangeStatus, after: ChangeStatus): string | undefined {
  if (JSON.stringify(before.refused) === JSON.stringify(after.refused)) return undefined;
  return after.refused.at(-1)?.why;
}
