import type { Command } from 'commander';
import { linkOf, newestChange } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { BadInput } from './exit.ts';
import { follow } from './follow.ts';

export function register(program: Command): void {
  program
    .command('watch')
    .description('show the newest change of a cluster until it ends; Ctrl-C ends the view alone')
    .argument('[cluster]', 'default: the only one')
    .action(watch);
}

async function watch(named?: string): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const run = await newestChange(temporal, cluster);
    if (!run) throw new BadInput(`${cluster}: there was no change of this cluster yet: holdfast up SPEC`);
    console.log(`${cluster}: ${linkOf(temporal, run)}`);
    process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}
