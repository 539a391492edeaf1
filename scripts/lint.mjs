// npm run lint: lint, types and format, side by side; each shows what it said once it has ended.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensurePackages, root } from './lib.mjs';

ensurePackages();
const passed = await Promise.all([
  passes('eslint', '.'),
  passes('tsc', '-p', 'tsconfig.json'),
  passes('prettier', '--check', '--log-level', 'warn', '.'),
]);
process.exit(passed.every(Boolean) ? 0 : 1);

function passes(name, ...args) {
  return new Promise((resolve) => {
    const said = [];
    const child = spawn(join(root, 'node_modules', '.bin', name), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => said.push(Buffer.from(`${name}: ${error.message}\n`)));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code === 0);
    });
  });
}
