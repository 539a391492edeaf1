import type { Cluster } from '../../cluster/cluster.ts';
import type { HostFacts } from '../../cluster/facts.ts';

/** Facts of a cluster's hosts, all of them sound but for what is changed by name. */
export function soundFacts(
  { hosts }: Cluster,
  changes: Readonly<Record<string, Partial<HostFacts>>> = {},
): HostFacts[] {
  return hosts.map(({ name, address }) => ({
    host: name,
    hostname: name,
    machineId: `id-of-${name}`,
    os: { id: 'debian', versionId: '12', idLike: [], prettyName: 'Debian 12' },
    kernel: '6.1',
    architecture: 'x86_64',
    memoryMb: 2048,
    cpus: 2,
    freeMb: { '/': 20000 },
    addresses: [{ cidr: `${address}/24`, interface: 'eth0' }],
    clockOffsetMs: 0,
    clockErrorMs: 5,
    python: '3.11.2',
    virtualization: 'none',
    ...changes[name],
  }));
}
