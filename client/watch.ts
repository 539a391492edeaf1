import type { Command } from 'commander';
import { linkOf, newestChange } from './change.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { BadInput } from './exit.ts';
import { followFailover } from './failover/follow.ts';
import { failoverLink, failoverRun } from './failover/run.ts';
import { follow } from './follow.ts';

export function register(program: Command): void {
  program
    .command('watch')
    .description('show the open change of a cluster until it ends, else failover; Ctrl-C ends the view alone')
    .argument('[cluster]', 'default: the only one')
    .action(watch);
}

async function watch(named?: string): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const [change, failover] = await Promise.all([
      newestChange(temporal, cluster),
      failoverRun(temporal, cluster),
    ]);
    if (!change?.open && failover?.open) {
      console.log(`${cluster}: ${failoverLink(temporal, failover)}`);
      await followFailover(temporal, cluster);
    }
    // Of a closed one it tells how it ended.
    if (!change) throw new BadInput(`${cluster}: there was no change of this cluster yet: holdfast up SPEC`);
    console.log(`${cluster}: ${linkOf(temporal, change)}`);
    process.exitCode = await follow(temporal, change);
  } finally {
    await temporal.close();
  }
}
