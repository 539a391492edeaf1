import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Command } from 'commander';
import { promoteUpdate } from '../workflows/contract.ts';
import type { FailoverRequest } from '../workflows/contract.ts';
import { linkOf, newestChange } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { refuseWhileDrilled } from './drill/open.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { failoverStatus, openFailover } from './failover/run.ts';
import type { FailoverRun } from './failover/run.ts';
import { untilBegun } from './failover/until-begun.ts';
import { follow } from './follow.ts';
import { person } from './person.ts';

interface PromoteOptions {
  readonly candidate?: string;
  readonly reason: string;
  readonly detach?: boolean;
}

export function register(program: Command): void {
  program
    .command('promote')
    .description('make a worker node a control-plane node too, now, and show how it goes')
    .argument('[cluster]', 'default: the only one')
    .option('--candidate <host>', 'worker node to promote; default: the first of the spec that is ready')
    .requiredOption('--reason <text>', 'recorded')
    .option('--detach', 'ask for it and end; holdfast watch shows it')
    .action(promote);
}

async function promote(named: string | undefined, options: PromoteOptions): Promise<void> {
  const { candidate, reason, detach } = options;
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const failover = await openFailover(temporal, cluster);
    await refuseWhileDrilled(temporal, cluster);
    const newest = await newestChange(temporal, cluster);
    // Where no worker answers, an update would be waited for without an end.
    const { refused } = await failoverStatus(temporal, failover);
    const request = { ...(candidate !== undefined && { candidate }), reason, by: person() };
    const workflowId = await ask(temporal, failover, request);
    console.log(`${cluster}: promotion ${workflowId}: ${temporal.link(workflowId)}`);
    if (detach) return;
    const run = await untilBegun(temporal, failover, { runId: newest?.runId, refused });
    console.log(linkOf(temporal, run));
    process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}

/** The promotion's workflow id, or the validator's words as exit code 2. */
async function ask(temporal: Temporal, failover: FailoverRun, request: FailoverRequest): Promise<string> {
  const { client } = temporal;
  try {
    return await client.withDeadline(Date.now() + 60_000, () =>
      client.workflow.getHandle(failover.workflowId).executeUpdate(promoteUpdate, { args: [request] }),
    );
  } catch (error) {
    const { cluster } = failover;
    if (error instanceof WorkflowUpdateFailedError)
      throw new BadInput(`${cluster}: promote was refused: ${error.cause?.message ?? error.message}`);
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
      throw new ExitError(
        exitCode.unreachable,
        `${cluster}: no answer within a minute; whether it was heard says: holdfast status ${cluster}`,
      );
    throw error;
  }
}
