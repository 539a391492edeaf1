import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeInventory } from '../../activities/write-inventory.ts';
import type { InventoryHost, InventoryInput } from '../../cluster/steps.ts';
import { HostError } from '../../hosts/errors.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';

let bastion: LocalHost;
beforeEach(async () => void (bastion = await LocalHost.make('bastion-1')));
afterEach(() => bastion.remove());

const host = (
  name: string,
  roles: InventoryHost['roles'],
  more: Partial<InventoryHost> = {},
): InventoryHost => ({
  ...{ name, address: '10.0.0.9', roles, labels: {}, port: 22, user: 'ubuntu' },
  ...more,
});
const names = ['one', 'two', 'three'];
const input = (
  hosts: readonly InventoryHost[],
  vars: InventoryInput['kubespray']['vars'] = {},
): InventoryInput => ({
  hosts,
  kubernetes: {
    version: '1.34.4',
    podCidr: '10.233.64.0/18',
    serviceCidr: '10.233.0.0/18',
    network: 'flannel',
  },
  kubespray: { version: 'v1', source: '/source', vars },
  candidates: [],
  timings: 'calm',
});
/** A host that answers for etcd and for the control plane. */
const member = (name: string, etcd: string, controlPlane = etcd) =>
  fakeHost(name)
    .on(/etcd\.env/, { stdout: `${etcd}\n` })
    .on(/kube-apiserver\.yaml/, { stdout: `${controlPlane}\n` });
const order = async (members: readonly FakeHost[]) => {
  const hosts = [...names.map((name) => host(name, ['etcd', 'control-plane'])), host('w', ['worker'])];
  await callStep(writeInventory, input(hosts), [bastion, ...members]);
  const text = readFileSync(bastion.path('/var/lib/holdfast/demo/inventory/hosts.yaml'), 'utf8');
  const { all } = load(text) as {
    all: { children: { etcd: { hosts: object }; kube_control_plane: { hosts: object } } };
  };
  expect(Object.keys(all.children.kube_control_plane.hosts)).toEqual(Object.keys(all.children.etcd.hosts));
  return Object.keys(all.children.etcd.hosts);
};

test('fresh hosts stand in the file’s order', async () => {
  expect(await order(names.map((name) => member(name, 'fresh')))).toEqual(names);
});

test('living members stand before those that only hold data, and those before fresh ones', async () => {
  expect(await order([member('one', 'fresh'), member('two', 'kept'), member('three', 'live')])).toEqual([
    'three',
    'two',
    'one',
  ]);
});

test('a host that does not answer may hold all, so a fresh one never stands before it', async () => {
  const lost = fakeHost('three').on(/./, new HostError('ConnectionLost', 'three', 'lost', { next: 'x' }));
  expect(await order([member('one', 'fresh'), member('two', 'fresh'), lost])).toEqual([
    'three',
    'one',
    'two',
  ]);
});

test('a host that is fresh in one role does not lead because it lives in the other', async () => {
  expect(
    await order([member('one', 'live', 'fresh'), member('two', 'live', 'live'), member('three', 'fresh')]),
  ).toEqual(['two', 'one', 'three']);
});

test('where no order keeps a fresh host from leading, a person decides', async () => {
  const failure = await failureOf(
    order([member('one', 'live', 'fresh'), member('two', 'fresh', 'live'), member('three', 'fresh')]),
  );
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('a new CA would be made');
});

const one = [host('w', ['worker'], { sudoPasswordFile: '/sudo' })];
const files = { '/secret': 'hunter2\n', '/sudo': 'pa{{ss"word\n' };

test('secrets come from the worker’s machine into files for root alone, and a second run writes nothing', async () => {
  const run = () =>
    callStep(writeInventory, input(one, { plain: 1, token: { fromFile: '/secret' } }), [bastion], {
      localFiles: files,
    });
  expect(await run()).toMatchObject({ changed: true });
  const inventory = bastion.path('/var/lib/holdfast/demo/inventory');
  const closed = ['group_vars/all/spec.yml', 'group_vars/all/spec-secrets.yml', 'host_vars/w/become.yml'];
  for (const path of closed) expect(statSync(`${inventory}/${path}`).mode & 0o777).toBe(0o600);
  expect(load(readFileSync(`${inventory}/group_vars/all/spec-secrets.yml`, 'utf8'))).toEqual({
    token: 'hunter2',
  });
  expect(readFileSync(`${inventory}/host_vars/w/become.yml`, 'utf8')).toBe(
    'ansible_become_password: !unsafe "pa{{ss\\"word"\n',
  );
  expect(readFileSync(`${inventory}/group_vars/all/spec.yml`, 'utf8')).not.toContain('token');
  expect(await run()).toEqual({ changed: false, summary: 'the inventory is as it should be' });
});

test('files of an earlier spec are removed', async () => {
  const stale = bastion.path('/var/lib/holdfast/demo/inventory/group_vars/all');
  mkdirSync(stale, { recursive: true });
  writeFileSync(`${stale}/old.yml`, 'a: 1');
  const { summary } = await callStep(writeInventory, input(one), [bastion], { localFiles: files });
  expect(summary).toContain('group_vars/all/old.yml removed');
});

test('a secret’s file that is missing is named, and nothing is written', async () => {
  const failure = await failureOf(callStep(writeInventory, input(one), [bastion]));
  expect(failure).toMatchObject({ type: 'LocalFileUnreadable' });
  expect(failure.message).toContain('/sudo on the worker');
  expect(bastion.done).toEqual([]);
});
