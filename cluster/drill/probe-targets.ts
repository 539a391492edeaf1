import type { Cluster } from '../cluster.ts';
import type { AddressName } from '../failover/picture.ts';
import { hostsWithRole } from '../cluster.ts';
import { ownAddress } from '../host-addresses.ts';
import { contains } from '../networks.ts';

/** One way to the API that a prober tries. */
export interface ProbeTarget {
  readonly address: AddressName;
  readonly host: string;
  readonly port: number;
}

/** The addresses at which this host may ask the API: the external one refuses all but those that apiAllow names. */
export function probeTargets(cluster: Cluster, client: string): ProbeTarget[] {
  const { loadBalancer, hosts } = cluster;
  if (!loadBalancer)
    return hostsWithRole(cluster, 'control-plane')
      .slice(0, 1)
      .map(({ address }) => ({ address: 'internal', host: address, port: 6443 }));
  const { internal, external } = loadBalancer;
  const own = hosts.find(({ name }) => name === client);
  const admitted = own && external?.apiAllow.some((cidr) => contains(cidr, ownAddress(own))) === true;
  return [
    { address: 'internal', host: internal.address, port: internal.port },
    ...(external?.apiPort !== undefined && admitted
      ? [{ address: 'external' as const, host: external.address, port: external.apiPort }]
      : []),
  ];
}
