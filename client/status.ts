import type { Command } from 'commander';
import type { ChangeStatus } from '../cluster/status.ts';
import type { FailoverStatus } from '../cluster/failover/status.ts';
import { linkOf, newestChange, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { endedText, failoverLink, failoverRun, failoverStatus } from './failover/run.ts';
import type { FailoverRun } from './failover/run.ts';
import { failoverText } from './failover/text.ts';
import { changeText, inOneLine } from './status/change-text.ts';

export function register(program: Command): void {
  program
    .command('status')
    .description('what failover sees of a cluster, where its newest change stands, and who is waited for')
    .argument('[cluster]', 'default: the only one')
    .option('--json', 'as JSON')
    .action(status);
}

async function status(named: string | undefined, options: { json?: boolean }): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const found = await look(temporal, cluster);
    console.log(options.json ? JSON.stringify(asJson(cluster, found), null, 2) : asText(found));
    if (found.failover?.problem !== undefined) console.error(found.failover.problem);
    process.exitCode = codeOf(found);
  } finally {
    await temporal.close();
  }
}

interface Found {
  readonly change?: { readonly run: ChangeRun; readonly status: ChangeStatus; readonly link: string };
  readonly failover?: {
    readonly run: FailoverRun;
    readonly link: string;
    readonly status?: FailoverStatus;
    /** Why there is no status. */
    readonly problem?: string;
  };
}

async function look(temporal: Temporal, cluster: string): Promise<Found> {
  // Described first: a query by id alone would ask whatever run is newest, of whatever type.
  const [run, failover] = await Promise.all([
    newestChange(temporal, cluster),
    failoverRun(temporal, cluster),
  ]);
  if (!run && !failover)
    throw new BadInput(`${cluster}: there was no change of this cluster yet: holdfast up SPEC`);
  return {
    ...(run && { change: { run, status: await statusOf(temporal, run), link: linkOf(temporal, run) } }),
    ...(failover && { failover: await lookAtFailover(temporal, failover) }),
  };
}

async function lookAtFailover(temporal: Temporal, run: FailoverRun): Promise<NonNullable<Found['failover']>> {
  const link = failoverLink(temporal, run);
  if (!run.open) return { run, link, problem: `${run.cluster}: ${endedText(run)}` };
  try {
    return { run, link, status: await failoverStatus(temporal, run) };
  } catch (error) {
    // What a closed change left behind can be shown without a worker.
    if (error instanceof ExitError) return { run, link, problem: error.message };
    throw error;
  }
}

/** **Contract**: the newest change's own keys, and `failover` beside them; null where it does not answer. */
function asJson(cluster: string, { change, failover }: Found): object {
  const where = ({ workflowId, temporalState }: ChangeRun | FailoverRun, link: string) => ({
    workflowId,
    temporalState,
    link,
  });
  return {
    ...(change ? { ...change.status, ...where(change.run, change.link) } : { cluster }),
    ...(failover && {
      failover: failover.status ? { ...failover.status, ...where(failover.run, failover.link) } : null,
    }),
  };
}

function asText({ change, failover }: Found): string {
  const parts: string[] = [];
  if (change) {
    const { run, status, link } = change;
    // Of a change that is over and well a line is enough, where failover has more to say.
    const over = failover?.status !== undefined && !run.open && status.state === 'done';
    parts.push(over ? inOneLine(status, run, link) : changeText(status, run, link));
  }
  if (failover?.status) parts.push(failoverText(failover.status, failover.link, Date.now()));
  return parts.join('\n');
}

function codeOf({ change, failover }: Found): number {
  if (failover?.run.open && !failover.status) return exitCode.unreachable;
  if (change?.status.yielded || change?.status.state === 'waiting' || failover?.status?.waitingFor)
    return exitCode.waits;
  const unwatched =
    failover !== undefined && !failover.run.open && failover.run.temporalState !== 'COMPLETED';
  return change?.status.state === 'failed' || unwatched ? exitCode.failed : exitCode.done;
}
