import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Command } from 'commander';
import { changes } from '../cluster/changes.ts';
import type { Change } from '../cluster/changes.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { plan } from '../cluster/plan.ts';
import { changeId, clusterAttribute, stateAttribute, taskQueue } from '../workflows/contract.ts';
import type { BringUpInput } from '../workflows/contract.ts';
import { lastApplied, takenHosts } from './applied.ts';
import { linkOf, newestChange } from './change.ts';
import type { ChangeRun } from './change.ts';
import { connectOrStart } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';
import { follow } from './follow.ts';
import { readSpec } from './read-spec.ts';

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
    const newest = await newestChange(temporal, spec.name);
    if (newest?.open) throw new BadInput(busy(temporal, newest));
    if (!options.newHosts) {
      await refuseTakenHosts(temporal, spec);
      compare(await lastApplied(temporal, spec.name), spec);
    }
    const run = await start(temporal, input);
    console.log(`${spec.name}: ${linkOf(temporal, run)}`);
    await warnWithoutWorker(temporal);
    if (!options.detach) process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}

async function start(temporal: Temporal, input: BringUpInput): Promise<ChangeRun> {
  const cluster = input.spec.name;
  try {
    await temporal.client.workflow.start('bringUp', {
      workflowId: changeId(cluster),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `bring up ${cluster}`,
      typedSearchAttributes: [
        { key: clusterAttribute, value: cluster },
        { key: stateAttribute, value: 'running' },
      ],
    });
  } catch (error) {
    // Somebody was faster between our look and our start.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const other = await newestChange(temporal, cluster);
    throw new BadInput(other ? busy(temporal, other) : `${cluster}: another change runs`);
  }
  const run = await newestChange(temporal, cluster);
  if (!run) throw new Error(`${cluster}: the change was started and is not found`);
  return run;
}

/** A cluster under another name is another cluster: it must not be made on hosts of the first. */
async function refuseTakenHosts(temporal: Temporal, spec: Cluster): Promise<void> {
  const taken = await takenHosts(temporal, spec);
  if (taken.length === 0) return;
  throw new BadInput(
    `${spec.name}: ${taken.length} of its hosts belong to another cluster; nothing was started:\n` +
      `${taken.map((host) => `  ${host}`).join('\n')}\n` +
      'A cluster keeps its name; no verb renames one. Were the hosts themselves made anew? Then: holdfast up --new-hosts SPEC',
  );
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

function busy(temporal: Temporal, run: ChangeRun): string {
  const since = run.startTime.toISOString().slice(0, 19).replace('T', ' ');
  return (
    `${run.cluster}: a change runs since ${since} UTC: ${linkOf(temporal, run)}\n` +
    `Nothing was started. See it: holdfast watch ${run.cluster}. End it: holdfast abort ${run.cluster} --reason '…'`
  );
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
