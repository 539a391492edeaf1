import type { Cluster } from '../cluster.ts';
import { nodes } from '../hosts-of.ts';
import { overlap6 } from '../networks.ts';
import { noRoom } from './networks.ts';
import type { Finding, Rule } from './rule.ts';

const nodePrefixVar = 'kube_network_node_prefix_ipv6';
/** Kubespray's default: the prefix length of each node's network for its pods. */
const defaultNodePrefix = 120;
/** What kube-controller-manager bears between the pods' network and a node's, and kube-apiserver of services. */
const [mostBits, shortestServices] = [16, 108];

/** The IPv6 networks have room for all nodes, and no address in them is anybody else's. */
export const dualStack: Rule = {
  needs: ['kubernetes.ipv6', 'kubernetes.network', 'kubespray.vars', 'hosts'],
  find: (cluster) => {
    const { ipv6 } = cluster.kubernetes;
    if (!ipv6) return [];
    const found = (['podCidr', 'serviceCidr'] as const).flatMap((key): Finding[] => {
      const held = cluster.hosts.find(({ ip6 }) => ip6 !== undefined && overlap6(`${ip6}/128`, ipv6[key]));
      const message = `${ipv6[key]} holds ${held?.ip6} (${held?.name}); wanted: a network apart from the hosts`;
      return held ? [{ path: ['kubernetes', 'ipv6', key], message }] : [];
    });
    if (overlap6(ipv6.podCidr, ipv6.serviceCidr))
      found.push({
        path: ['kubernetes', 'ipv6', 'serviceCidr'],
        message: `${ipv6.serviceCidr} overlaps podCidr ${ipv6.podCidr}; wanted: two networks apart`,
      });
    if (lengthOf(ipv6.serviceCidr) < shortestServices)
      found.push({
        path: ['kubernetes', 'ipv6', 'serviceCidr'],
        message: `the API server bears no IPv6 network of services shorter than /${shortestServices}; wanted: one such as fd00:20::/${shortestServices}`,
      });
    return [...found, ...room(cluster, ipv6)];
  },
};

function room(cluster: Cluster, { podCidr }: { readonly podCidr: string }): Finding[] {
  const { kubernetes, kubespray } = cluster;
  const nodePrefix = Number(kubespray.vars[nodePrefixVar] ?? defaultNodePrefix);
  // An expression: Ansible alone can evaluate it. Calico hands out addresses in smaller blocks as they are needed.
  if (!Number.isInteger(nodePrefix) || kubernetes.network === 'calico') return [];
  const finding = (message: string): Finding[] => [{ path: ['kubernetes', 'ipv6', 'podCidr'], message }];
  if (nodePrefix - lengthOf(podCidr) > mostBits)
    return finding(
      `between ${podCidr} and a node's /${nodePrefix} are more than ${mostBits} bits, which the controller manager does not bear; wanted: a /${nodePrefix - mostBits} or longer, or a smaller kubespray.vars.${nodePrefixVar}`,
    );
  const full = noRoom(cluster, podCidr, nodePrefix);
  return full === undefined
    ? []
    : finding(`${full}; wanted: a shorter prefix, or a greater kubespray.vars.${nodePrefixVar}`);
}

/** Where a node has no IPv6 address Kubespray guesses one, `::1` at last, and its kubelet does not start. */
export const dualStackHosts: Rule = {
  needs: ['kubernetes.ipv6'],
  find: (cluster) => {
    const { kubernetes, hosts } = cluster;
    const ofNodes = nodes(cluster);
    return hosts.flatMap((host, index): Finding[] => {
      const { name, ip6 } = host;
      const at = (message: string): Finding[] => [{ path: ['hosts', index, 'ip6'], message }];
      if (!kubernetes.ipv6 || !ofNodes.includes(host)) {
        if (ip6 === undefined) return [];
        const why = kubernetes.ipv6 ? `${name} is no node` : 'the cluster has no IPv6';
        return at(`${why}; wanted: ${kubernetes.ipv6 ? 'no ip6' : 'kubernetes.ipv6 beside it'}`);
      }
      if (ip6 === undefined)
        return at('missing; wanted: the IPv6 address of this node, as kubernetes.ipv6 is set');
      const owner = hosts.find((other, n) => n < index && other.ip6 === ip6);
      return owner ? at(`ip6 ${ip6} belongs to ${owner.name} already; wanted: one of its own`) : [];
    });
  },
};

function lengthOf(cidr: string): number {
  return Number(cidr.split('/')[1]);
}
