import type { Command } from 'commander';
import { judgeDemotion } from '../cluster/demotion.ts';
import { demotionPlan } from '../cluster/demotion-plan.ts';
import type { Demotion } from '../cluster/failover/demotion-request.ts';
import type { DemoteInput } from '../workflows/contract.ts';
import { linkOf } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { confirmByTyping } from './confirm.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';
import { failoverStatus, openFailover, recordedSpec } from './failover/run.ts';
import { follow } from './follow.ts';
import { person } from './person.ts';
import { refuseWhileOpen, startChange } from './start-change.ts';

interface DemoteOptions {
  readonly host: string;
  readonly reason: string;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

export function register(program: Command): void {
  program
    .command('demote')
    .description('make a promoted worker node a worker node alone again, once the masters serve')
    .argument('[cluster]', 'default: the only one')
    .requiredOption('--host <host>', 'promoted worker node')
    .requiredOption('--reason <text>', 'recorded')
    .option('--yes', 'do not ask')
    .option('--detach', 'start it and end; holdfast watch shows it')
    .action(demote);
}

async function demote(named: string | undefined, options: DemoteOptions): Promise<void> {
  const { host, reason, yes, detach } = options;
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    await refuseWhileOpen(temporal, cluster);
    const input = await judged(temporal, cluster, { host, reason, by: person() });
    await confirmByTyping(`${host} will not serve as a control-plane node any more`, host, yes);
    const run = await startChange(temporal, 'demote', input, `demote ${host}: ${reason}`.slice(0, 200));
    console.log(`${cluster}: ${linkOf(temporal, run)}`);
    if (!detach) process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}

/** Exit code 2 where the cluster must not be left to its masters. */
async function judged(
  temporal: Temporal,
  cluster: string,
  asked: Omit<Demotion, 'serving'>,
): Promise<DemoteInput> {
  const failover = await openFailover(temporal, cluster);
  const [status, spec] = await Promise.all([
    failoverStatus(temporal, failover),
    recordedSpec(temporal, failover),
  ]);
  const verdict = judgeDemotion(spec, status, asked.host);
  if ('why' in verdict) throw new BadInput(`${cluster}: demote was refused: ${verdict.why}`);
  const demotion = { ...asked, serving: verdict.serving };
  return { spec, plan: demotionPlan(spec, demotion), demotion };
}
