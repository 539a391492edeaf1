// npm run bench -- NAME [ROUNDS]: a comparison with its rivals in one run; bench/ has one file a name.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, root, run } from './lib.mjs';

const [name = 'prepare', ...rest] = process.argv.slice(2);
ensureBuilt();
const program = join(root, 'dist', 'bench', `${name}.js`);
if (!existsSync(program)) {
  console.error(`there is no benchmark ${name}`);
  process.exit(2);
}
run(process.execPath, [program, ...rest]);
