import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Cluster } from '../cluster/cluster.ts';
import { type RestoreLook, choose, confirmStep, lossText } from '../cluster/restore/offer.ts';
import { restorePlan } from '../cluster/restore/plan.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { abortSignal, approveRestoreSignal, restoreOfferQuery, retrySignal } from '../workflows/contract.ts';
import { lastApplied } from './applied.ts';
import { describeRun, linkOf, newestChange, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { confirmByTyping } from './confirm.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { follow } from './follow.ts';
import { waitingText } from './follow/waiting-text.ts';
import { person } from './person.ts';
import { readSpec } from './read-spec.ts';
import { freshRefusal } from './refusal.ts';
import { offerText } from './restore/offer-text.ts';
import { refuseWhileOpen, startChange } from './start-change.ts';

interface RestoreOptions {
  readonly from?: string;
  readonly reason?: string;
  readonly spec?: string;
  readonly yes?: boolean;
}

export function register(program: Command): void {
  program
    .command('restore')
    .description(
      'etcd has lost its quorum for good: bring back the newest of what there is, once you have said so',
    )
    .argument('[cluster]', 'default: the only one')
    .option('--from <name>', 'a backup or a member of the offer; default: the newest')
    .option('--reason <text>', 'recorded', 'etcd has lost its quorum')
    .option('--spec <file>', 'take the hosts from this file instead of the spec applied last')
    .option('--yes', 'do not ask')
    .action(restore);
}

async function restore(named: string | undefined, options: RestoreOptions): Promise<void> {
  const temporal = await connect();
  try {
    const spec = await specOf(temporal, named, options.spec);
    const open = await waiting(temporal, spec.name);
    const run = open ?? (await begun(temporal, spec));
    console.log(`${run.cluster}: ${linkOf(temporal, run)}`);
    // What was found when somebody else began may be hours old: members have come back, or are gone.
    const look = await offered(temporal, run, open && (await lookAgain(temporal, open)));
    await approve(temporal, run, look, options);
    process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}

async function specOf(temporal: Temporal, named: string | undefined, file?: string): Promise<Cluster> {
  if (file !== undefined) return readSpec(file);
  const cluster = await clusterNamed(temporal, named);
  const spec = await lastApplied(temporal, cluster);
  if (spec) return spec;
  throw new BadInput(`${cluster}: Temporal does not know its hosts; name its spec: --spec FILE`);
}

/** A restore that is open, which is taken up where it stands. */
async function waiting(temporal: Temporal, cluster: string): Promise<ChangeRun | undefined> {
  const newest = await newestChange(temporal, cluster);
  return newest?.open && newest.workflowType === 'restore' ? newest : undefined;
}

/** Any other open change must end first. */
async function begun(temporal: Temporal, spec: Cluster): Promise<ChangeRun> {
  await refuseWhileOpen(temporal, spec.name);
  const input = { spec, plan: restorePlan(spec) };
  return startChange(temporal, 'restore', input, `restore etcd of ${spec.name}`);
}

/** The offer that is looked for anew; undefined where none waits for a word. */
async function lookAgain(temporal: Temporal, run: ChangeRun): Promise<RestoreLook | undefined> {
  if (!waitsForWord(await statusOf(temporal, run))) return undefined;
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  const before = await handle.query(restoreOfferQuery);
  await handle.signal(retrySignal, { step: confirmStep });
  return before;
}

/**
 * What the look found, unless it is the `old` one. Exit code 3 where the look itself waits for a person, 1 where the
 * change has ended.
 */
async function offered(
  temporal: Temporal,
  run: ChangeRun,
  old?: RestoreLook,
): Promise<RestoreLook | undefined> {
  for (;;) {
    const now = await describeRun(temporal, run);
    const status = await statusOf(temporal, now);
    if (!now.open)
      throw new ExitError(exitCode.failed, `${run.cluster}: the restore ended: ${status.endedBecause ?? ''}`);
    const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
    const look = waitsForWord(status) ? await handle.query(restoreOfferQuery) : undefined;
    if (look && look.at !== old?.at) return look;
    const isPast = status.phases.some(({ id, state }) => id === 'confirm' && state === 'done');
    if (isPast) return undefined;
    if (!waitsForWord(status) && status.waitingFor.length > 0)
      throw new ExitError(
        exitCode.waits,
        status.waitingFor.flatMap((waiting) => waitingText(waiting)).join('\n'),
      );
    await pause(1000);
  }
}

async function approve(
  temporal: Temporal,
  run: ChangeRun,
  look: RestoreLook | undefined,
  { from, reason = '', yes }: RestoreOptions,
): Promise<void> {
  // It was approved before, and is followed.
  if (!look) return;
  const { cluster } = run;
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  const choice = choose(look, from);
  console.log(offerText(cluster, look, 'why' in choice ? undefined : choice).join('\n'));
  try {
    if ('why' in choice) throw new BadInput(`${cluster}: ${choice.why}`);
    await confirmByTyping(`Restore etcd of ${cluster} from ${lossText(choice, Date.now())}`, cluster, yes);
  } catch (error) {
    // What somebody else has approved meanwhile is not ended half-way.
    if (waitsForWord(await statusOf(temporal, await describeRun(temporal, run)))) {
      await handle.signal(abortSignal, { reason: 'it was not confirmed; nothing was touched' });
      // Whoever tries again at once must not find this one still open.
      await handle.result().catch(() => undefined);
    }
    throw error;
  }
  const before = await statusOf(temporal, run);
  await handle.signal(approveRestoreSignal, { from: choice.source.name, reason, by: person() });
  const why = freshRefusal(before.refused, (await statusOf(temporal, run)).refused);
  if (why !== undefined) throw new BadInput(`${cluster}: approve was refused: ${why}`);
}

function waitsForWord({ waitingFor }: ChangeStatus): boolean {
  return waitingFor.some(({ phase }) => phase === 'confirm');
}
