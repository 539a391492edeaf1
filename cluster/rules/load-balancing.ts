import { hostsWithRole } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import type { Finding, Rule } from './rule.ts';

/** The API server of a control-plane node, or of a promoted worker node, takes this port on all of its addresses. */
const apiServerPort = 6443;

export const loadBalancing: readonly Rule[] = [
  { needs: ['hosts', 'loadBalancer'], find: balancers },
  { needs: ['hosts', 'loadBalancer.existing'], find: besideExisting },
  { needs: ['loadBalancer'], find: externalApi },
  { needs: ['loadBalancer'], find: forwards },
  { needs: ['hosts', 'loadBalancer', 'failover.candidates'], find: sharedPort },
];

function balancers(cluster: Cluster): Finding[] {
  const count = hostsWithRole(cluster, 'load-balancer').length;
  if (cluster.loadBalancer?.existing) return [];
  if (cluster.loadBalancer && count === 0)
    return [
      {
        path: ['loadBalancer'],
        message: 'no host has the role load-balancer; wanted: two that carry the addresses',
      },
    ];
  if (!cluster.loadBalancer && count > 0) {
    const index = cluster.hosts.findIndex(({ roles }) => roles.includes('load-balancer'));
    const message = 'role load-balancer, but the spec has no loadBalancer; wanted: both or neither';
    return [{ path: ['hosts', index, 'roles'], message }];
  }
  return [];
}

function besideExisting(cluster: Cluster): Finding[] {
  if (!cluster.loadBalancer?.existing) return [];
  const message =
    'role load-balancer, but other machines carry the address (loadBalancer.existing); wanted: no host with the role, or no existing';
  return hostsWithRole(cluster, 'load-balancer').map((host) => ({
    path: ['hosts', cluster.hosts.indexOf(host), 'roles'],
    message,
  }));
}

function externalApi({ loadBalancer }: Cluster): Finding[] {
  const external = loadBalancer?.external;
  if (!external) return [];
  const path = ['loadBalancer', 'external'];
  if (external.apiPort !== undefined && external.apiAllow.length === 0)
    return [
      {
        path: [...path, 'apiPort'],
        message: 'the API towards outside without saying for whom; wanted: apiAllow: [CIDR…] beside it',
      },
    ];
  if (external.apiPort === undefined && external.apiAllow.length > 0)
    return [
      { path: [...path, 'apiAllow'], message: 'allows networks to reach no port; wanted: apiPort beside it' },
    ];
  return [];
}

function forwards({ loadBalancer }: Cluster): Finding[] {
  const external = loadBalancer?.external;
  const seen = new Set<number>();
  return (external?.forward ?? []).flatMap(({ port }, index): Finding[] => {
    const path = ['loadBalancer', 'external', 'forward', index, 'port'];
    if (port === external?.apiPort)
      return [{ path, message: `${port} is apiPort; wanted: another port for one of them` }];
    if (seen.has(port)) return [{ path, message: `${port} is forwarded already; wanted: each port once` }];
    seen.add(port);
    return [];
  });
}

function sharedPort(cluster: Cluster): Finding[] {
  const { loadBalancer, failover } = cluster;
  const host = cluster.hosts.find(
    ({ name, roles }) =>
      roles.includes('load-balancer') &&
      (roles.includes('control-plane') || failover.candidates.includes(name)),
  );
  if (!loadBalancer || !host) return [];
  const ports = [
    [['loadBalancer', 'internal', 'port'], loadBalancer.internal.port],
    [['loadBalancer', 'external', 'apiPort'], loadBalancer.external?.apiPort],
  ] as const;
  const message = `${apiServerPort} is taken by the API server on ${host.name}, which is a load balancer too; wanted: another port (such as 8443) or another host`;
  return ports.filter(([, port]) => port === apiServerPort).map(([path]) => ({ path, message }));
}
