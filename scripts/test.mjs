// npm test: everything that needs no lab hosts. Installs what it lacks. Arguments go to vitest.
import { join } from 'node:path';
import { allPass } from './checks.mjs';
import { ensureDebianPackages, ensurePackages, root } from './lib.mjs';
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
const checks = [
  [bin('eslint'), '.'],
  [bin('tsc'), '-p', 'tsconfig.json'],
  [bin('prettier'), '--check', '--log-level', 'warn', '.'],
];
if (filters.length === 0 && !(await allPass(checks))) process.exit(1);
process.exit(runVitest(['--config', 'vitest.config.ts', ...filters]));
