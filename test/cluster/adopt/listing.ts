import { readListed } from '../../../cluster/adopt/inventory.ts';
import type { Inventory, Vars } from '../../../cluster/adopt/inventory.ts';

export const recipient = 'age1lqdagee44z0tdt94thq6l0r9vgj4jzmszpdh8xc09ed4vg7lsykq43744w';

/** Three masters with etcd, two worker nodes, a bastion; `shared` at all of them, as from group_vars/all. */
export function listing(shared: Vars = {}, own: Readonly<Record<string, Vars>> = {}): Inventory {
  const names = ['bastion-1', 'node1', 'node2', 'node3', 'node4', 'node5'];
  const hostvars = Object.fromEntries(
    names.map((name, n) => [
      name,
      {
        ansible_host: `10.0.0.${10 + n}`,
        ansible_user: 'debian',
        kube_version: '1.34.4',
        ...shared,
        ...own[name],
      },
    ]),
  );
  return readListed({
    _meta: { hostvars, profile: 'inventory_legacy' },
    all: { children: ['ungrouped', 'bastion', 'k8s_cluster', 'etcd'] },
    bastion: { hosts: ['bastion-1'] },
    k8s_cluster: { children: ['kube_control_plane', 'kube_node', 'calico_rr'] },
    kube_control_plane: { hosts: ['node1', 'node2', 'node3'] },
    kube_node: { hosts: ['node4', 'node5'] },
    calico_rr: {},
    etcd: { children: ['kube_control_plane'] },
  });
}
