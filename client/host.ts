import type { Command } from 'commander';
import * as add from './host/add.ts';
import * as remove from './host/remove.ts';

export function register(program: Command): void {
  const host = program
    .command('host')
    .description('worker nodes that come or go, without a run over all the others');
  for (const { register: registerVerb } of [add, remove]) registerVerb(host);
}
