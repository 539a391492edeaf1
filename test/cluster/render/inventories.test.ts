import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostsWithRole } from '../../../cluster/cluster.ts';
import { ansibleBin } from '../../../lab/ansible.ts';
import { clusterOfShape, inventoryFiles, shapes } from './shapes.ts';

let bin: string;
beforeAll(async () => void (bin = await ansibleBin()));

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-inventory-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The members of each group as Ansible draws them. */
function groupsOf(graph: string): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  let group: string[] = [];
  for (const line of graph.split('\n')) {
    const [, at, name = ''] = /--(@?)([\w-]+):?$/.exec(line) ?? [];
    if (at === '@') groups.set(name, (group = groups.get(name) ?? []));
    else if (name !== '') group.push(name);
  }
  return groups;
}

describe('ansible-inventory', () => {
  it.each(Object.keys(shapes))('draws the inventory of %s with every host in its groups', async (title) => {
    const cluster = clusterOfShape(title);
    for (const { path, content } of inventoryFiles(cluster)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const { stdout, stderr } = await execa(
      join(bin, 'ansible-inventory'),
      ['-i', join(folder, 'hosts.yaml'), '--graph'],
      { cwd: folder },
    );
    expect(stderr).toBe('');
    const groups = groupsOf(stdout);
    for (const [group, role] of [
      ['kube_control_plane', 'control-plane'],
      ['kube_node', 'worker'],
      ['etcd', 'etcd'],
    ] as const)
      expect([...(groups.get(group) ?? [])].toSorted(), group).toEqual(
        hostsWithRole(cluster, role)
          .map(({ name }) => name)
          .toSorted(),
      );
  });
});
