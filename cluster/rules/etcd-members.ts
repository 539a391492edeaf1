import type { ClusterHost } from '../cluster.ts';
import type { Rule } from './rule.ts';

const memberOf = ({ name, etcdMember }: ClusterHost): string => etcdMember ?? name;

/** Members are told apart by their names, and who is none has no name among them. Of hosts each sound one is judged. */
export const etcdMembers: Rule = {
  needs: [],
  find: ({ hosts }) =>
    hosts.flatMap((host, index) => {
      const { name, etcdMember, roles } = host;
      if (etcdMember === undefined) return [];
      const path = ['hosts', index, 'etcdMember'];
      if (!roles.includes('etcd'))
        return [{ path, message: `${name} has not the role etcd; wanted: the role, or no etcdMember` }];
      // Of two that say so the later is to blame.
      const other = hosts.find(
        (one, at) =>
          one !== host &&
          one.roles.includes('etcd') &&
          memberOf(one) === etcdMember &&
          (one.etcdMember === undefined || at < index),
      );
      if (!other) return [];
      return [{ path, message: `${etcdMember} is the member of ${other.name}; wanted: one of its own` }];
    }),
};
