import type { Finding, Rule } from './rule.ts';

/** Copies of the backups go to hosts of this spec. */
export const backupHosts: Rule = {
  needs: ['hosts', 'backup.alsoTo'],
  find: ({ backup, hosts }) =>
    backup.alsoTo.flatMap((name, index): Finding[] => {
      const path = ['backup', 'alsoTo', index];
      if (!hosts.some((host) => host.name === name))
        return [{ path, message: `no host is called ${name}; wanted: a host of this spec` }];
      if (backup.alsoTo.indexOf(name) < index)
        return [{ path, message: `${name} stands here twice; keep one` }];
      return [];
    }),
};
