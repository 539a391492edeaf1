import { kubectlOn } from '../activities/kubectl.ts';
import { hostsWithRole } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Hosts } from '../hosts/host.ts';

const namespace = 'failover-demo';

/** Writes a few objects. Returns name → uid. */
export async function writeObjects(
  hosts: Hosts,
  spec: Cluster,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...[1, 2, 3, 4, 5].map((number) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `note-${number}`, namespace },
      data: { text: 'written while there were three masters' },
    })),
  ];
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(hosts, spec, signal).run(['apply', '-f', '-'], { stdin });
  return readObjects(hosts, spec, signal);
}

/** What is there now, name → uid. */
export async function readObjects(
  hosts: Hosts,
  spec: Cluster,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  interface List {
    readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
  }
  const { items } = await kubectl(hosts, spec, signal).get<List>(['get', 'configmaps', '-n', namespace]);
  const notes = items.filter(({ metadata }) => metadata.name.startsWith('note-'));
  return new Map(notes.map(({ metadata }) => [metadata.name, metadata.uid]));
}

function kubectl(hosts: Hosts, spec: Cluster, signal: AbortSignal) {
  const [bastion] = hostsWithRole(spec, 'bastion');
  if (!bastion) throw new Error(`${spec.name}: there is no bastion`);
  return kubectlOn(hosts.host(bastion.ssh), spec.name, signal);
}
