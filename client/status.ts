import type { Command } from 'commander';
import type { ChangeStatus } from '../cluster/status.ts';
import { linkOf, newestChange, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { BadInput, exitCode } from './exit.ts';
import { waitingText } from './follow/waiting-text.ts';

export function register(program: Command): void {
  program
    .command('status')
    .description('where the newest change of a cluster stands, and who is waited for')
    .argument('[cluster]', 'default: the only one')
    .option('--json', 'as JSON')
    .action(status);
}

async function status(named: string | undefined, options: { json?: boolean }): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    // Described first: a query by id alone would ask whatever run is newest, of whatever type.
    const run = await newestChange(temporal, cluster);
    if (!run) throw new BadInput(`${cluster}: there was no change of this cluster yet: holdfast up SPEC`);
    const now = await statusOf(temporal, run);
    const { workflowId, temporalState } = run;
    const link = linkOf(temporal, run);
    console.log(
      options.json
        ? JSON.stringify({ ...now, workflowId, temporalState, link }, null, 2)
        : asText(now, run, link),
    );
    process.exitCode = codeOf(now);
  } finally {
    await temporal.close();
  }
}

function codeOf({ state, yielded }: ChangeStatus): number {
  if (yielded || state === 'waiting') return exitCode.waits;
  return state === 'failed' ? exitCode.failed : exitCode.done;
}

export function asText(
  status: ChangeStatus,
  run: Pick<ChangeRun, 'temporalState' | 'startTime'>,
  link: string,
): string {
  const { cluster, state, phases, steps, progress, refused, promotion } = status;
  const running = steps.filter((step) => step.state === 'running');
  return [
    `${cluster}: ${state} (${run.temporalState.toLowerCase()}, since ${run.startTime.toISOString()})`,
    link,
    ...(status.endedBecause ? [`  ended before its last step: ${status.endedBecause}`] : []),
    ...phases.map(({ id, state: at, done, total }) => `  ${id.padEnd(16)} ${at.padEnd(8)} ${done}/${total}`),
    ...running.slice(0, 20).map(({ host, step }) => `  now: ${host} ${step}`),
    ...(progress ? [`  playbook: ${progress.done} of ${progress.total} tasks: ${progress.task}`] : []),
    ...steps
      .filter((step) => step.state === 'skipped')
      .map(({ host, step, reason }) => `  skipped: ${host} ${step}: ${reason}`),
    ...status.waitingFor.flatMap((waiting) => waitingText(waiting)),
    ...refused.map(({ signal, why }) => `  refused: ${signal}: ${why}`),
    ...(promotion ? [promotion] : []),
  ].join('\n');
}
