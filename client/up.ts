import type { Command } from 'commander';
import { changes } from '../cluster/changes.ts';
import type { Change } from '../cluster/changes.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { plan } from '../cluster/plan.ts';
import { taskQueue } from '../workflows/contract.ts';
import { lastApplied } from './applied.ts';
import { linkOf } from './change.ts';
import { connectOrStart } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';
import { follow } from './follow.ts';
import { refuseForgottenPromotion } from './promoted-hosts.ts';
import { readSpec } from './read-spec.ts';
import { refuseWhileOpen, startChange } from './start-change.ts';
import { refuseTakenHosts } from './taken-hosts.ts';

interface UpOptions {
  readonly detach?: boolean;
  readonly newHosts?: boolean;
}

export function register(program: Command): void {
  program
    .command('up')
    .description('bring the cluster up, or to what its spec says now, and show how it goes')
    .argument('<spec>', 'spec file')
    .option('--detach', 'start it and end; holdfast watch shows it')
    .option('--new-hosts', 'the hosts were made anew: do not compare with the spec applied last')
    .action(up);
}

async function up(file: string, options: UpOptions): Promise<void> {
  const spec = await readSpec(file);
  const input = { spec, plan: plan(spec) };
  const temporal = await connectOrStart((line) => console.error(line));
  try {
    await refuseWhileOpen(temporal, spec.name);
    if (!options.newHosts) {
      await refuseTakenHosts(temporal, spec);
      await refuseForgottenPromotion(temporal, spec);
      compare(await lastApplied(temporal, spec.name), spec);
    }
    const run = await startChange(temporal, 'bringUp', input, `bring up ${spec.name}`);
    console.log(`${spec.name}: ${linkOf(temporal, run)}`);
    await warnWithoutWorker(temporal);
    if (!options.detach) process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}

/** Shows what differs from the spec applied last, and refuses what no bring-up may do. */
function compare(last: Cluster | undefined, next: Cluster): void {
  const found = last ? changes(last, next) : [];
  if (found.length === 0) return;
  const refused = found.filter(({ allowed }) => !allowed);
  console.log(`${next.name}: different from the spec applied last:\n${found.map(asLine).join('\n')}`);
  if (refused.length === 0) return;
  throw new BadInput(
    `${next.name}: ${refused.length} of these cannot be done by up; nothing was started.\n` +
      'Were the hosts themselves made anew (a new lab)? Then: holdfast up --new-hosts SPEC',
  );
}

function asLine({ path, from, to, allowed, why }: Change): string {
  const values = [from ?? '(not there)', to ?? '(gone)'].join(' → ');
  return `  ${allowed ? ' ' : '✘'} ${path}: ${values}\n      ${allowed ? why : `refused: ${why}`}`;
}

async function warnWithoutWorker({ client, namespace }: Temporal): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  if (!pollers?.length)
    console.error(
      `no worker polls the task queue ${taskQueue}: nothing happens before one does (holdfast worker)`,
    );
}
