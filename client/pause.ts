import type { Command } from 'commander';
import type { PauseInput } from '../workflows/contract.ts';
import { person } from './person.ts';
import { send } from './send.ts';

export function register(program: Command): void {
  program
    .command('pause')
    .description('failover goes on watching and does nothing by itself, until: holdfast resume')
    .argument('[cluster]', 'default: the only one')
    .requiredOption('--reason <text>')
    .action(async (cluster: string | undefined, { reason }: { reason: string }) => {
      const input: PauseInput = { reason, by: person() };
      await send(cluster, 'pause', input, 'failover');
    });
}
