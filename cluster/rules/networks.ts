import { addressesOf } from '../host-addresses.ts';
import { nodes } from '../hosts-of.ts';
import { contains, overlap } from '../networks.ts';
import type { Cluster } from '../cluster.ts';
import type { Finding, Rule } from './rule.ts';

const nodePrefixVar = 'kube_network_node_prefix';
/** Kubespray's defaults: each node has a network of this prefix length for its pods, and at most so many pods. */
const defaults = { [nodePrefixVar]: 24, kubelet_max_pods: 110 } as const;

/**
 * Every node gets a part of the pods' network, and that part has room for the node's pods: Kubespray refuses others when
 * it begins. Calico hands out addresses in smaller blocks as they are needed.
 */
export const roomForPods: Rule = {
  needs: ['kubernetes.podCidr', 'kubernetes.network', 'kubespray.vars', 'hosts'],
  find: (cluster) => {
    const { kubernetes, kubespray } = cluster;
    if (kubernetes.network === 'calico') return [];
    const given = (name: keyof typeof defaults) => Number(kubespray.vars[name] ?? defaults[name]);
    const nodePrefix = given(nodePrefixVar);
    // An expression: Ansible alone can evaluate it.
    if (!Number.isInteger(nodePrefix)) return [];
    const full = noRoom(cluster, kubernetes.podCidr, nodePrefix);
    const pods = 2 ** (32 - nodePrefix) - 2;
    const found: Finding[] = [];
    if (full !== undefined)
      found.push({
        path: ['kubernetes', 'podCidr'],
        message: `${full}; wanted: a shorter prefix, or a greater kubespray.vars.${nodePrefixVar}`,
      });
    if (given('kubelet_max_pods') > pods)
      found.push({
        path: [
          'kubespray',
          'vars',
          kubespray.vars.kubelet_max_pods === undefined ? nodePrefixVar : 'kubelet_max_pods',
        ],
        message: `${given('kubelet_max_pods')} pods a node, and a /${nodePrefix} has ${pods} addresses; wanted: kubelet_max_pods of at most these, or a smaller ${nodePrefixVar}`,
      });
    return found;
  },
};

/** In words, where a network of pods has no part of this prefix length for each node. */
export function noRoom(cluster: Cluster, cidr: string, nodePrefix: number): string | undefined {
  const wanted = nodes(cluster).length;
  const room = Math.floor(2 ** (nodePrefix - Number(cidr.split('/')[1])));
  return room < wanted
    ? `${cidr} has room for ${room} nodes (a /${nodePrefix} each), and there are ${wanted}`
    : undefined;
}

/** Pods and services have networks of their own. The hosts' real networks are known at preflight; their addresses are known here. */
export const networks: Rule = {
  needs: ['kubernetes.podCidr', 'kubernetes.serviceCidr', 'loadBalancer', 'storage'],
  find: (cluster) => {
    const { podCidr, serviceCidr } = cluster.kubernetes;
    const found = [...inside(cluster, 'podCidr'), ...inside(cluster, 'serviceCidr')];
    if (overlap(podCidr, serviceCidr))
      found.push({
        path: ['kubernetes', 'serviceCidr'],
        message: `${serviceCidr} overlaps podCidr ${podCidr}; wanted: two networks apart`,
      });
    return found;
  },
};

function inside(cluster: Cluster, key: 'podCidr' | 'serviceCidr'): Finding[] {
  const cidr = cluster.kubernetes[key];
  const within = named(cluster).filter(([, address]) => contains(cidr, address));
  const [first] = within;
  if (!first) return [];
  const more = within.length === 1 ? '' : ` and ${within.length - 1} more`;
  const message = `${cidr} holds ${first[1]} (${first[0]})${more}; wanted: a network apart from the hosts`;
  return [{ path: ['kubernetes', key], message }];
}

/** Every address of the spec and what it is. */
function named({ hosts, loadBalancer, storage }: Cluster): (readonly [string, string])[] {
  const server = storage?.nfs.server;
  return [
    ...hosts.flatMap((host) => addressesOf(host).map((address) => [host.name, address] as const)),
    ...(loadBalancer ? [['loadBalancer.internal', loadBalancer.internal.address] as const] : []),
    ...(loadBalancer?.external ? [['loadBalancer.external', loadBalancer.external.address] as const] : []),
    ...(server !== undefined && /^[\d.]+$/.test(server) ? [['storage.nfs.server', server] as const] : []),
  ];
}
