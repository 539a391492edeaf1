import type { Command } from 'commander';
import { send } from './send.ts';

export function register(program: Command): void {
  program
    .command('retry')
    .description(
      'run steps again that wait for a person: all, or those of a step or a host; with no change open, failover tries again',
    )
    .argument('[cluster]', 'default: the only one')
    .option('--step <step>')
    .option('--host <host>')
    .action(async (cluster: string | undefined, selector: { step?: string; host?: string }) =>
      send(cluster, 'retry', selector, 'change, else failover'),
    );
}
