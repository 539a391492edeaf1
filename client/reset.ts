import type { Command } from 'commander';
import { resetPlan } from '../cluster/reset-plan.ts';
import { knownSpec } from './applied.ts';
import { linkOf } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { confirmByTyping } from './confirm.ts';
import { connect } from './connect.ts';
import { BadInput } from './exit.ts';
import { follow } from './follow.ts';
import { readSpec } from './read-spec.ts';
import { refuseWhileOpen, startChange } from './start-change.ts';

interface ResetOptions {
  readonly spec?: string;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

export function register(program: Command): void {
  program
    .command('reset')
    .description('take the cluster down for good: Kubernetes and etcd are wiped from its hosts, backups stay')
    .argument('[cluster]', 'default: the only one')
    .option('--spec <file>', 'where Temporal does not know the cluster: its spec file')
    .option('--yes', 'do not ask')
    .option('--detach', 'start it and end; holdfast watch shows it')
    .action(reset);
}

async function reset(named: string | undefined, options: ResetOptions): Promise<void> {
  const given = options.spec === undefined ? undefined : await readSpec(options.spec);
  const temporal = await connect();
  try {
    const cluster = given?.name ?? (await clusterNamed(temporal, named));
    if (named !== undefined && named !== cluster)
      throw new BadInput(`${options.spec} is the spec of ${cluster}, not of ${named}; nothing was started`);
    await refuseWhileOpen(temporal, cluster);
    const spec = given ?? (await knownSpec(temporal, cluster));
    if (!spec) throw new BadInput(`${cluster}: its spec is not known: holdfast reset --spec FILE`);
    const what = `All that ${cluster} runs and keeps in etcd is wiped from ${spec.hosts.length} hosts`;
    await confirmByTyping(what, cluster, options.yes);
    const run = await startChange(temporal, 'reset', { spec, plan: resetPlan(spec) }, `reset ${cluster}`);
    console.log(`${cluster}: ${linkOf(temporal, run)}`);
    if (!options.detach) process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}
