import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { renderInventory } from '../../../cluster/render/inventory.ts';
import { inventoryInput as inputOf } from '../../../cluster/plan-inputs.ts';
import { clusterOf } from '../example.ts';
import { severalAddresses } from '../several-addresses.ts';
import { inventoryInput } from './inputs.ts';

interface Inventory {
  all: { hosts: Record<string, object>; children: Record<string, { hosts: Record<string, object> }> };
}

const parsed = (liveFirst: readonly string[]) =>
  load(renderInventory(inventoryInput, liveFirst)) as Inventory;
const group = (inventory: Inventory, name: string) => Object.keys(inventory.all.children[name]!.hosts);
const names = inventoryInput.hosts.map((host) => host.name);

describe('renderInventory', () => {
  it('renders the twelve hosts', async () => {
    await expect(renderInventory(inventoryInput, [])).toMatchFileSnapshot('golden/hosts.yaml');
  });

  it('renders hosts with several addresses, and members of other names, as Kubespray has them', async () => {
    const cluster = clusterOf(severalAddresses());
    await expect(renderInventory(inputOf(cluster), [])).toMatchFileSnapshot(
      'golden/hosts-several-addresses.yaml',
    );
  });

  it('puts living members first, in the order given, and the others after them in file order', () => {
    const inventory = parsed(['etcd-3', 'etcd-2', 'master-2']);
    expect(group(inventory, 'etcd')).toEqual(['etcd-3', 'etcd-2', 'etcd-1']);
    expect(group(inventory, 'kube_control_plane')).toEqual(['master-2', 'master-1', 'master-3']);
  });

  it('holds the same hosts in whatever order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(names), (liveFirst) => {
        const [one, other] = [parsed([]), parsed(liveFirst)];
        expect(other.all.hosts).toEqual(one.all.hosts);
        for (const name of ['etcd', 'kube_control_plane', 'kube_node'])
          expect(group(other, name).toSorted()).toEqual(group(one, name).toSorted());
      }),
    );
  });

  it('leaves out the hosts that Kubespray has no business with', () => {
    expect(Object.keys(parsed([]).all.hosts)).not.toContain('bastion-1');
    expect(Object.keys(parsed([]).all.hosts)).not.toContain('lb-1');
  });
});
