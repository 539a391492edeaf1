import type { Role } from '../cluster.ts';
import type { Inventory } from './inventory.ts';

/** Kubespray's groups, under today's names and those of before v2.16, and the role that each gives. */
const groups: readonly (readonly [role: Role, ...names: readonly string[]])[] = [
  ['bastion', 'bastion'],
  ['etcd', 'etcd'],
  ['control-plane', 'kube_control_plane', 'kube-master'],
  ['worker', 'kube_node', 'kube-node'],
];

/** The roles of each host that has one: the bastion first, then in the order of the groups, which Kubespray goes by. */
export function rolesOf(inventory: Inventory): ReadonlyMap<string, readonly Role[]> {
  const roles = new Map<string, Role[]>();
  for (const [role, ...names] of groups)
    for (const host of inventory.group(...names)) roles.set(host, [...(roles.get(host) ?? []), role]);
  return roles;
}

/** Hosts of Kubespray's that are nodes or members of etcd. */
export function clusterHosts(inventory: Inventory): readonly string[] {
  return [...rolesOf(inventory)]
    .filter(([, roles]) => roles.some((role) => role !== 'bastion'))
    .map(([host]) => host);
}
