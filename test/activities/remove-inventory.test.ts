import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeInventory } from '../../activities/remove-inventory.ts';
import { callStep } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put } from './pki-fixture.ts';

let bastion: LocalHost;
beforeEach(async () => void (bastion = await LocalHost.make('bastion-1')));
afterEach(() => bastion.remove());

const of = (cluster: string) => `/var/lib/holdfast/${cluster}`;

test('the inventory goes with its secrets, nothing else of the cluster, and a second time nothing is found', async () => {
  put(bastion, `${of('demo')}/inventory/host_vars/master-1/become.yml`, 'secret');
  put(bastion, `${of('demo')}/backups/etcd`, 'kept');
  put(bastion, `${of('other')}/inventory/hosts.yaml`, 'kept');
  const remove = () => callStep(removeInventory, {}, [bastion]);
  expect(await remove()).toMatchObject({ changed: true });
  const there = [
    `${of('demo')}/inventory`,
    `${of('demo')}/backups/etcd`,
    `${of('other')}/inventory/hosts.yaml`,
  ];
  expect(there.map((path) => existsSync(bastion.path(path)))).toEqual([false, true, true]);
  expect(await remove()).toEqual({ changed: false, summary: 'no inventory of this cluster is there' });
});
