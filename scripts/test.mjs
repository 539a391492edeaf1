// npm test: everything that needs no lab hosts. Installs what it lacks. Arguments go to vitest.
import { ensureDebianPackages, ensurePackages } from './lib.mjs';
import { runVitest } from './vitest.mjs';

ensurePackages();
ensureDebianPackages({
  haproxy: '/usr/sbin/haproxy',
  keepalived: '/usr/sbin/keepalived',
  'openssh-server': '/usr/sbin/sshd',
  sudo: '/usr/bin/sudo',
});
process.exit(runVitest(['--config', 'vitest.config.ts', ...process.argv.slice(2)]));
