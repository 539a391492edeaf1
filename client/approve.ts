import type { Command } from 'commander';
import type { ApproveInput } from '../workflows/contract.ts';
import { person } from './person.ts';
import { send } from './send.ts';

export function register(program: Command): void {
  program
    .command('approve')
    .description('let failover do what it waits for (mode manual: a promotion); who and why is recorded')
    .argument('[cluster]', 'default: the only one')
    .requiredOption('--reason <text>')
    .action(async (cluster: string | undefined, { reason }: { reason: string }) => {
      const input: ApproveInput = { reason, by: person() };
      await send(cluster, 'approve', input, 'failover');
    });
}
