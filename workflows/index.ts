/** All workflow types that a worker runs; a type's name is its function's. */
export { access } from './access.ts';
export { backup } from './backup.ts';
export { bringUp } from './bring-up.ts';
export { drill } from './drill.ts';
export { demote } from './demote.ts';
export { failover } from './failover.ts';
export { prepareHost } from './prepare-host.ts';
export { promote } from './promote.ts';
export { removeHosts } from './remove-hosts.ts';
export { reset } from './reset.ts';
export { restore } from './restore.ts';
