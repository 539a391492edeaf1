import type { Command } from 'commander';
import { person } from './person.ts';
import { send } from './send.ts';

export function register(program: Command): void {
  program
    .command('resume')
    .description('failover acts by itself again')
    .argument('[cluster]', 'default: the only one')
    .action(async (cluster: string | undefined) => send(cluster, 'resume', { by: person() }, 'failover'));
}
