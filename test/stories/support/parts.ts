import type { StoryLab } from './story-lab.ts';

type On = Pick<StoryLab, 'on' | 'cluster'>;

/** The load balancer that holds the internal address. */
export async function holder({ on, cluster }: On): Promise<string> {
  const address = cluster.loadBalancer?.internal.address ?? '';
  for (const name of namesWith(cluster, 'load-balancer'))
    if ((await on(name, 'ip -4 -o addr')).includes(` ${address}/`)) return name;
  throw new Error(`no load balancer holds ${address}`);
}

interface EndpointStatus {
  readonly Endpoint: string;
  readonly Status: { readonly leader: number; readonly header: { readonly member_id: number } };
}

/** The etcd member that leads. Its id does not fit a JavaScript number: both sides are cut alike. */
export async function etcdLeader({ on, cluster }: On): Promise<string> {
  const answer = await on(
    'etcd-1',
    'set -a; . /etc/etcd.env; set +a; PATH=$PATH:/usr/local/bin etcdctl endpoint status --cluster -w json',
  );
  const leader = (JSON.parse(answer) as EndpointStatus[]).find(
    ({ Status }) => Status.leader === Status.header.member_id,
  );
  const host = cluster.hosts.find(({ address }) => leader?.Endpoint.includes(`//${address}:`));
  if (!host) throw new Error(`no etcd member leads: ${answer}`);
  return host.name;
}

/** Sends a signal to a unit's processes; the connection is made beforehand, so that it is no part of a figure. */
export async function signalUnit({ on }: On, host: string, unit: string, name: string) {
  await on(host, 'true');
  return () => on(host, `systemctl kill --signal=${name} ${unit}`);
}

export function namesWith(cluster: StoryLab['cluster'], role: string): string[] {
  return cluster.hosts
    .filter(({ roles }) => (roles as readonly string[]).includes(role))
    .map(({ name }) => name);
}
