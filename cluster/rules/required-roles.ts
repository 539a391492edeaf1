import { hostsWithRole } from '../cluster.ts';
import type { Role } from '../cluster.ts';
import type { Rule } from './rule.ts';

const why: readonly (readonly [Role, string])[] = [
  ['bastion', 'it is the one way in, and where kubectl, helm and Kubespray run'],
  ['etcd', 'it holds all state of the cluster'],
  ['control-plane', 'it serves the API'],
  ['worker', 'it runs the pods'],
];

/** What no cluster can do without, and no acceptance replaces. */
export const requiredRoles: Rule = {
  needs: ['hosts'],
  find: (cluster) =>
    why
      .filter(([role]) => hostsWithRole(cluster, role).length === 0)
      .map(([role, reason]) => ({
        path: ['hosts'],
        message: `no host has the role ${role}: ${reason}; wanted: at least one`,
      })),
};
