// npm test: everything that needs no lab hosts. Installs what it lacks. Arguments go to vitest.
import { join } from 'node:path';
import { ensureDebianPackages, ensurePackages, root, run } from './lib.mjs';
import { runVitest } from './vitest.mjs';

ensurePackages();
ensureDebianPackages({
  haproxy: '/usr/sbin/haproxy',
  keepalived: '/usr/sbin/keepalived',
  'openssh-server': '/usr/sbin/sshd',
  sudo: '/usr/bin/sudo',
});
const bin = (name) => join(root, 'node_modules', '.bin', name);
const filters = process.argv.slice(2);
if (filters.length === 0) {
  run(bin('tsc'), ['-p', 'tsconfig.json']);
  run(bin('eslint'), ['.']);
  run(bin('prettier'), ['--check', '--log-level', 'warn', '.']);
}
process.exit(runVitest(['--config', 'vitest.config.ts', ...filters]));
