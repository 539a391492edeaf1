import type { Command } from 'commander';
import { readSpec } from './read-spec.ts';

export function register(program: Command): void {
  program
    .command('validate')
    .description('check a spec file: every mistake at once, with its line')
    .argument('<spec>', 'spec file')
    .action(async (file: string) => {
      const cluster = await readSpec(file);
      console.log(`${file}: valid; cluster ${cluster.name} with ${cluster.hosts.length} hosts`);
    });
}
