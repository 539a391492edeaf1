import type { Json } from '../cluster.ts';
import { clusterHosts } from './groups.ts';
import type { Inventory, Vars } from './inventory.ts';
import { type Remark, blocks } from './remarks.ts';

/** What a host says of itself, and what says how Ansible reaches it: these are no variables of the cluster. */
const ofHosts = new Set([
  'ip',
  'access_ip',
  'ip6',
  'access_ip6',
  'etcd_member_name',
  'node_labels',
  'node_taints',
]);
const ofConnections = /^ansible_(?!python_interpreter$)/;

/**
 * The variables that hold for the whole cluster: those of one value wherever they are set, and set on all nodes or on
 * all members of etcd. A spec has one set of variables; what differs between hosts cannot be carried over.
 */
export function sharedVars(inventory: Inventory): {
  readonly vars: Vars;
  readonly remarks: readonly Remark[];
} {
  const hosts = clusterHosts(inventory);
  const wholes = [
    inventory.group('kube_control_plane', 'kube-master', 'kube_node', 'kube-node'),
    inventory.group('etcd'),
  ].filter((members) => members.length > 0);
  const vars: Record<string, Json> = {};
  const remarks: Remark[] = [];
  for (const name of namesOf(inventory, hosts)) {
    const at = hosts.filter((host) => Object.hasOwn(inventory.vars[host] ?? {}, name));
    const values = at.map((host) => (inventory.vars[host] as Vars)[name] as Json);
    const one = new Set(values.map((value) => JSON.stringify(value))).size === 1;
    if (one && wholes.some((members) => members.every((host) => at.includes(host))))
      vars[name] = values[0] as Json;
    else
      remarks.push(
        blocks(
          one
            ? `${name} is set for ${at.join(', ')} alone, and a spec sets it for all or for none`
            : `${name} has several values (${at.join(', ')}), and a spec has one for all`,
        ),
      );
  }
  return { vars, remarks };
}

function namesOf({ vars }: Inventory, hosts: readonly string[]): readonly string[] {
  const names = hosts.flatMap((host) => Object.keys(vars[host] ?? {}));
  return [...new Set(names)].filter((name) => !ofHosts.has(name) && !ofConnections.test(name)).toSorted();
}
