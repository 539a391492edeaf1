import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Cluster, SshTarget } from '../cluster/cluster.ts';
import { readSpec } from '../client/read-spec.ts';
import { labDown } from '../lab/down.ts';
import { labPaths } from '../lab/paths.ts';
import { labUp } from '../lab/up.ts';

export const clusterName = 'bench';
export const hostCount = 20;

/** A lab of a bastion and twenty hosts that become nodes. Whatever a broken run left of it is taken down first. */
export async function benchLab(
  say: (line: string) => void,
): Promise<{ spec: Cluster; nodes: readonly SshTarget[] }> {
  await labDown(clusterName);
  const paths = labPaths(clusterName);
  await mkdir(paths.dir, { recursive: true });
  const file = join(paths.dir, 'spec.yaml');
  await writeFile(file, dump(specOf(paths)));
  const spec = await readSpec(file);
  await labUp(spec, { say });
  return { spec, nodes: spec.hosts.filter(({ roles }) => !roles.includes('bastion')).map(({ ssh }) => ssh) };
}

export const benchLabDown = () => labDown(clusterName);

function specOf({ identityFile, knownHosts, playbook }: ReturnType<typeof labPaths>): object {
  const role = (i: number) => (i < 3 ? 'etcd' : i < 6 ? 'control-plane' : 'worker');
  const nodes = Array.from({ length: hostCount }, (_, i) => ({
    name: `node-${i + 1}`,
    address: `10.78.0.${i + 11}`,
    roles: [role(i)],
  }));
  return {
    cluster: clusterName,
    ssh: { user: 'ubuntu', identityFile, knownHosts },
    hosts: [{ name: 'bastion-1', address: '10.78.0.10', roles: ['bastion'] }, ...nodes],
    kubernetes: { version: '1.34.4' },
    kubespray: { source: playbook },
    backup: { recipients: ['age1lqdagee44z0tdt94thq6l0r9vgj4jzmszpdh8xc09ed4vg7lsykq43744w'] },
    singlePointsOfFailure: ['bastion', 'load-balancer'],
  };
}
