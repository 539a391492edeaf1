import { hostsWithRole } from './cluster.ts';
import type { Cluster, NetworkPlugin } from './cluster.ts';
import { candidateHosts, kubernetesHosts, namesOf, nfsHost, nodes, ownLoadBalancer } from './hosts-of.ts';
import { hasOneAddress } from './host-addresses.ts';
import type { Reach } from './steps.ts';

/** VRRP is an IP protocol of its own and has no ports; its protocol number stands for one (RFC 5798). */
const vrrp = 112;

/**
 * Who must reach whom on which port. A host in both `from` and `to` need not reach itself.
 * An NFS server outside the spec stands in `to` by its address: it listens already, or is not as it should be.
 */
export function reachabilityMatrix(cluster: Cluster): readonly Reach[] {
  return [
    ...ssh(cluster),
    ...etcd(cluster),
    ...api(cluster),
    ...pods(cluster),
    ...balancers(cluster),
    ...nfs(cluster),
  ].filter(({ from, to }) => from.some((one) => to.some((other) => one !== other)));
}

function ssh(cluster: Cluster): Reach[] {
  const bastions = namesOf(hostsWithRole(cluster, 'bastion'));
  const others = cluster.hosts.filter(({ roles }) => !roles.includes('bastion'));
  const ports = [...new Set(others.map((host) => host.ssh.port))];
  return ports.map((port) => ({
    from: bastions,
    to: namesOf(others.filter((host) => host.ssh.port === port)),
    port,
    protocol: 'tcp',
    why: 'SSH from the bastion, the one way in',
    ...dialledAt(cluster, 'ssh'),
  }));
}

function etcd(cluster: Cluster): Reach[] {
  const members = names(cluster, 'etcd');
  const clients = unique([...names(cluster, 'control-plane'), ...namesOf(candidateHosts(cluster))]);
  return [
    tcp(members, members, 2379, 'etcd members ask each other'),
    tcp(members, members, 2380, 'etcd members replicate'),
    tcp(clients, members, 2379, 'API servers, and candidates once promoted, keep their state in etcd'),
  ];
}

function api(cluster: Cluster): Reach[] {
  const servers = unique([...names(cluster, 'control-plane'), ...namesOf(candidateHosts(cluster))]);
  const all = namesOf(nodes(cluster));
  const bastions = names(cluster, 'bastion');
  return [
    tcp(
      unique([...all, ...names(cluster, 'load-balancer'), ...bastions]),
      servers,
      6443,
      'the API server, now or after a promotion',
    ),
    {
      ...tcp(
        servers,
        all,
        10250,
        'API servers, and candidates once promoted, reach each kubelet (logs, exec)',
      ),
      // A node is known by what its kubelet binds.
      ...dialledAt(cluster, 'ip'),
    },
  ];
}

type PluginPort = readonly [port: number, protocol: 'tcp' | 'udp', why: string];

const vxlan = (port: number, plugin: NetworkPlugin): PluginPort => [
  port,
  'udp',
  `${plugin} carries pod traffic by VXLAN`,
];

function pluginPorts({ kubernetes: { network }, kubespray: { vars } }: Cluster): readonly PluginPort[] {
  switch (network) {
    case 'flannel':
      return [vxlan(8472, network)];
    case 'calico':
      // Kubespray's default is vxlan, with which no BGP is spoken.
      return vars['calico_network_backend'] === 'bird'
        ? [[179, 'tcp', 'calico exchanges routes by BGP']]
        : [vxlan(4789, network)];
    case 'cilium':
      return [vxlan(8472, network), [4240, 'tcp', 'cilium checks its peers']];
    case 'cni':
      return [];
  }
}

function pods(cluster: Cluster): Reach[] {
  const all = namesOf(nodes(cluster));
  return pluginPorts(cluster).map(([port, protocol, why]) => ({
    from: all,
    to: all,
    port,
    protocol,
    why,
    ...dialledAt(cluster, 'ip'),
  }));
}

function balancers(cluster: Cluster): Reach[] {
  const loadBalancer = ownLoadBalancer(cluster);
  if (!loadBalancer) return [];
  const carriers = names(cluster, 'load-balancer');
  const clients = unique([...namesOf(kubernetesHosts(cluster)), ...names(cluster, 'bastion')]);
  const nodePorts = unique((loadBalancer.external?.forward ?? []).map(({ nodePort }) => nodePort));
  return [
    tcp(clients, carriers, loadBalancer.internal.port, 'the API at the internal address'),
    {
      from: carriers,
      to: carriers,
      port: vrrp,
      protocol: 'vrrp',
      why: 'load balancers watch each other',
      ...dialledAt(cluster, 'ip'),
    },
    ...nodePorts.map((port) =>
      tcp(carriers, names(cluster, 'worker'), port, 'forwarded traffic from outside'),
    ),
  ];
}

function nfs(cluster: Cluster): Reach[] {
  const server = nfsHost(cluster)?.name ?? cluster.storage?.nfs.server;
  return server === undefined ? [] : [tcp(namesOf(nodes(cluster)), [server], 2049, 'nodes mount claims')];
}

/** Where every host has one address, it goes without saying. */
function dialledAt({ hosts }: Cluster, at: 'ssh' | 'ip'): Pick<Reach, 'at'> {
  return hosts.every(hasOneAddress) ? {} : { at };
}

function tcp(from: readonly string[], to: readonly string[], port: number, why: string): Reach {
  return { from, to, port, protocol: 'tcp', why };
}

function names(cluster: Cluster, role: Cluster['hosts'][number]['roles'][number]): string[] {
  return namesOf(hostsWithRole(cluster, role));
}

function unique<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}
