import type { Command } from 'commander';
import { jsonSchema } from '../cluster/spec/index.ts';

export function register(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of spec files, for editors')
    .action(() => console.log(JSON.stringify(jsonSchema(), null, 2)));
}
