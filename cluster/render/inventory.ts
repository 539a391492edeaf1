import { dump } from 'js-yaml';
import type { Role } from '../cluster.ts';
import type { InventoryHost, InventoryInput } from '../steps.ts';

/** Kubespray's groups, and the role that puts a host into each. `k8s_cluster` it builds itself. */
const groups: readonly (readonly [group: string, role: Role])[] = [
  ['kube_control_plane', 'control-plane'],
  ['kube_node', 'worker'],
  ['etcd', 'etcd'],
];

/**
 * hosts.yaml for Kubespray. Hosts named in `liveFirst` (living members of etcd and the control plane, as the cluster
 * itself lists them) come first, in that order: a fresh host in first place of a group would make a new CA.
 * Bastions, load balancers and NFS servers are no hosts of Kubespray's.
 */
export function renderInventory({ hosts }: InventoryInput, liveFirst: readonly string[]): string {
  const ordered = inOrder(hosts, liveFirst).filter((host) =>
    groups.some(([, role]) => host.roles.includes(role)),
  );
  const children = groups.map(([group, role]) => [
    group,
    { hosts: Object.fromEntries(ordered.filter((h) => h.roles.includes(role)).map((h) => [h.name, {}])) },
  ]);
  const inventory = {
    all: {
      hosts: Object.fromEntries(ordered.map((host) => [host.name, hostVars(host)])),
      children: Object.fromEntries(children) as object,
    },
  };
  return dump(inventory, { lineWidth: -1, noRefs: true });
}

function inOrder(hosts: readonly InventoryHost[], first: readonly string[]): readonly InventoryHost[] {
  const rank = (host: InventoryHost) => (first.includes(host.name) ? first.indexOf(host.name) : first.length);
  return hosts.toSorted((a, b) => rank(a) - rank(b));
}

function hostVars(host: InventoryHost): object {
  return {
    ansible_host: host.sshAddress ?? host.address,
    ansible_port: host.port,
    ansible_user: host.user,
    // The address that Kubernetes binds, and the one that other hosts use: never what Ansible guesses of a default route.
    ip: host.ip ?? host.address,
    access_ip: host.address,
    ...(host.ip6 === undefined ? {} : { ip6: host.ip6 }),
    ...(host.roles.includes('etcd') ? { etcd_member_name: host.etcdMember ?? host.name } : {}),
    ...(Object.keys(host.labels).length > 0 ? { node_labels: host.labels } : {}),
  };
}
