import { hostsWithRole } from '../cluster.ts';
import type { Rule } from './rule.ts';

/** An even member adds a host that can fail and no failure that can be borne. */
export const etcdCount: Rule = {
  needs: ['hosts'],
  find: (cluster) => {
    const count = hostsWithRole(cluster, 'etcd').length;
    if (count === 0) return [];
    if (count > 9)
      return [
        {
          path: ['hosts'],
          message: `${count} etcd members: each write waits for most of them; wanted: 3, 5 or 7`,
        },
      ];
    if (count % 2 === 1) return [];
    const message = `${count} etcd members bear no more failures than ${count - 1}; wanted: an odd number, such as ${count + 1}`;
    return [{ path: ['hosts'], message }];
  },
};
