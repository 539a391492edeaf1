import type { Command } from 'commander';
import { person } from './person.ts';
import { send } from './send.ts';

interface SkipOptions {
  readonly step: string;
  readonly host?: string;
  readonly reason: string;
}

export function register(program: Command): void {
  program
    .command('skip')
    .description('go on without a step that waits; who and why is recorded')
    .argument('[cluster]', 'default: the only one')
    .requiredOption('--step <step>')
    .requiredOption('--reason <text>')
    .option('--host <host>', 'default: every host that waits with this step')
    .action(async (cluster: string | undefined, options: SkipOptions) =>
      send(cluster, 'skip', { ...options, by: person() }, 'change'),
    );
}
