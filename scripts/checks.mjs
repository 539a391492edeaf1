// Runs commands side by side, and shows what each said once it has ended; resolves with whether all ended with 0.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { root } from './lib.mjs';

export async function allPass(commands) {
  const passed = await Promise.all(commands.map(passes));
  return passed.every(Boolean);
}

function passes([command, ...args]) {
  return new Promise((resolve) => {
    const said = [];
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => said.push(Buffer.from(`${command}: ${error.message}\n`)));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code === 0);
    });
  });
}
