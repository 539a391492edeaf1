import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { describeRun, openChange } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { ExitError, exitCode } from './exit.ts';

export function register(program: Command): void {
  program
    .command('abort')
    .description('end the open change of a cluster, and its running jobs; what is done stays')
    .argument('[cluster]', 'default: the only one')
    .requiredOption('--reason <text>')
    .action(async (cluster: string | undefined, { reason }: { reason: string }) => abort(cluster, reason));
}

async function abort(named: string | undefined, reason: string): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const run = await openChange(temporal, cluster);
    await temporal.client.workflow.getHandle(run.workflowId, run.runId).signal('abort', { reason });
    // Running jobs are ended first, so this takes a moment.
    for (let look = 0; look < 60; look += 1) {
      const { open, temporalState } = await describeRun(temporal, run);
      if (!open) return console.log(`${cluster}: the change ended (${temporalState.toLowerCase()})`);
      await pause(500);
    }
    throw new ExitError(
      exitCode.failed,
      `${cluster}: told to end, and still open after 30 s: holdfast status ${cluster}`,
    );
  } finally {
    await temporal.close();
  }
}
