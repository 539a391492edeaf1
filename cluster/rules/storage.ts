import { hostsWithRole } from '../cluster.ts';
import { nfsHost } from '../hosts-of.ts';
import type { Rule } from './rule.ts';

const path = ['storage', 'nfs', 'server'];

/** The NFS server is an address that exists already, or a host with that role; and the role has a use. */
export const storage: Rule = {
  needs: ['hosts', 'storage'],
  find: (cluster) => {
    const server = cluster.storage?.nfs.server;
    const named = nfsHost(cluster);
    const idle = hostsWithRole(cluster, 'nfs-server').filter((host) => host !== named);
    const found = idle.map((host) => ({
      path: ['hosts', cluster.hosts.indexOf(host), 'roles'],
      message: `role nfs-server, but storage.nfs.server does not name ${host.name}; wanted: both or neither`,
    }));
    if (server === undefined) return found;
    if (named === undefined && !/^\d+\.\d+\.\d+\.\d+$/.test(server))
      return [
        ...found,
        {
          path,
          message: `no host is called ${server}; wanted: an IPv4 address, or a host with role nfs-server`,
        },
      ];
    if (named && !named.roles.includes('nfs-server'))
      return [
        ...found,
        { path, message: `${named.name} has not the role nfs-server; wanted: give it the role` },
      ];
    if (named && cluster.storage?.nfs.replicated === true)
      return [
        ...found,
        {
          path: ['storage', 'nfs', 'replicated'],
          message: `${named.name} is one host; wanted: false, and accept nfs`,
        },
      ];
    return found;
  },
};
