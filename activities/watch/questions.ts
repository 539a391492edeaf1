import type { VantagePoint, WatchInput } from '../../cluster/failover/watch-input.ts';
import type { AddressName } from '../../cluster/failover/picture.ts';
import { apiServerPort, haproxyHealthPort } from '../../cluster/render/haproxy.ts';
import { bastionPaths } from '../bastion-paths.ts';

/** What a vantage point's loop is told (vantage-loop.ts). Addresses by name. */
export interface VantageQuestion {
  readonly api: Readonly<Record<string, string>>;
  readonly apiPort: number;
  readonly ssh: Readonly<Record<string, readonly [address: string, port: number]>>;
  /** Virtual addresses at which it asks the API. */
  readonly asks: Readonly<Partial<Record<AddressName, readonly [address: string, port: number]>>>;
  /** Whence it asks there: a holder of the external address would come from that, and apiAllow names the host's own. */
  readonly source: string | null;
  /** Asks for the nodes with it. */
  readonly kubeconfig: string | null;
  readonly nfs: string | null;
  /** The addresses that it may hold; null: it is no load balancer. */
  readonly balancer: Readonly<Partial<Record<AddressName, string>>> | null;
  readonly healthPort: number;
}

/** What an etcd member's loop is told (etcd-loop.ts): the names of the members' hosts, by what the members call each other. */
export interface EtcdQuestion {
  readonly names: Readonly<Record<string, string>>;
}

export function vantageQuestion(input: WatchInput, point: VantagePoint): VantageQuestion {
  const asks = point.asks.flatMap((name) => {
    const { address, port } = input.addresses[name] ?? {};
    return address === undefined || port === undefined ? [] : [[name, [address, port]] as const];
  });
  // What the spec calls a host's `address` is known to be reached from a bastion alone.
  const isBastion = point.first || !point.balancer;
  return {
    api: Object.fromEntries(input.apiServers.map(({ name, address }) => [name, address])),
    apiPort: apiServerPort,
    ssh: Object.fromEntries(
      input.ssh.map(({ name, address, sshAddress = address, port }) => [
        name,
        [isBastion ? sshAddress : address, port] as const,
      ]),
    ),
    asks: Object.fromEntries(asks),
    source: point.balancer ? point.address : null,
    kubeconfig: point.first ? bastionPaths(input.cluster).kubeconfig : null,
    nfs: point.first ? (input.nfs ?? null) : null,
    balancer: point.balancer
      ? Object.fromEntries(Object.entries(input.addresses).map(([name, { address }]) => [name, address]))
      : null,
    healthPort: haproxyHealthPort,
  };
}

export function etcdQuestion({ etcd }: WatchInput): EtcdQuestion {
  const calls = etcd.flatMap(({ name, address, aliases = [] }) =>
    [...aliases, address].map((call) => [call, name] as const),
  );
  return { names: Object.fromEntries(calls) };
}
