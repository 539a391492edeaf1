import type { PackageCommands } from './operating-system.ts';

/**
 * Asks for what provides a name, not for the package of that name: on the RHEL family curl may be curl-minimal, iptables
 * is iptables-nft, and a file's path is a name too.
 */
const each = 'for name; do rpm -q --whatprovides "$name" > /dev/null 2>&1 && echo "$name installed"; done';

export const rpmQuery: Pick<PackageCommands, 'query' | 'isInstalled'> = {
  query: (packages) => ['sh', '-c', each, 'sh', ...packages],
  isInstalled: (status) => status === 'installed',
};
