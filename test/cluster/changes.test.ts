/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { changes } from '../../cluster/changes.ts';
import { clusterOf, exampleCluster } from './example.ts';
import { edited } from './edited.ts';
import type { LooseSpec } from './edited.ts';

const last = exampleCluster('twelve-hosts');
const changed = (edit: (spec: LooseSpec) => void) => changes(last, clusterOf(edited(edit)));

describe('changes', () => {
  it('do not leave SSH closed by silence', () => {
    const closed = clusterOf(edited((s: LooseSpec) => (s.bastion = { exclusive: true })));
    const opened = clusterOf(edited((s: LooseSpec) => (s.bastion = { exclusive: false })));
    expect(changes(last, closed)).toMatchObject([{ path: 'bastion.exclusive', allowed: true }]);
    expect(changes(closed, opened)).toMatchObject([{ path: 'bastion.exclusive', allowed: true }]);
    expect(changes(closed, last)).toMatchObject([
      {
        path: 'bastion.exclusive',
        allowed: false,
        why: expect.stringContaining('exclusive: false') as string,
      },
    ]);
    expect(changes(opened, last)).toMatchObject([{ path: 'bastion.exclusive', allowed: true }]);
  });

  it('of a spec to itself are none', () => {
    expect(changes(last, exampleCluster('twelve-hosts'))).toEqual([]);
  });

  it.each<[string, (spec: LooseSpec) => void, { path: string; why: RegExp }]>([
    [
      'another cluster name',
      (s) => Object.assign(s, { cluster: 'other' }),
      { path: 'name', why: /spec of its own/ },
    ],
    [
      'another pod network',
      (s) => (s.kubernetes.podCidr = '10.244.0.0/16'),
      { path: 'kubernetes.podCidr', why: /no verb does it/ },
    ],
    [
      'another service network',
      (s) => (s.kubernetes.serviceCidr = '10.96.0.0/12'),
      { path: 'kubernetes.serviceCidr', why: /no verb/ },
    ],
    [
      'another network plugin',
      (s) => (s.kubernetes.network = 'calico'),
      { path: 'kubernetes.network', why: /no verb/ },
    ],
    [
      'another Kubernetes',
      (s) => (s.kubernetes.version = '1.35.4'),
      { path: 'kubernetes.version', why: /no verb does it yet/ },
    ],
    [
      'a removed worker node',
      (s) => s.hosts.pop(),
      { path: 'hosts.worker-3', why: /holdfast host remove SPEC/ },
    ],
    [
      'a removed etcd member',
      (s) => s.hosts.splice(4, 1, { name: 'etcd-4', address: '10.0.0.24', roles: ['etcd'] }),
      { path: 'hosts.etcd-2', why: /drained and reset; no verb does it yet for other/ },
    ],
    [
      'another address',
      (s) => (s.hosts[11].address = '10.0.0.44'),
      { path: 'hosts.worker-3.address', why: /certificates/ },
    ],
    [
      'another address of its interface',
      (s) => Object.assign(s.hosts[11], { ip: '10.0.0.44', accessIp: '10.0.0.43' }),
      { path: 'hosts.worker-3.ip', why: /certificates/ },
    ],
    [
      'another address that the others have for it',
      (s) => (s.hosts[11].accessIp = '172.20.0.43'),
      { path: 'hosts.worker-3.address', why: /certificates/ },
    ],
    [
      'another name of an etcd member',
      (s) => (s.hosts[3].etcdMember = 'etcd1'),
      { path: 'hosts.etcd-1.etcdMember', why: /etcdctl member list/ },
    ],
    [
      'a role taken off',
      (s) => (
        (s.hosts[3].roles = ['bastion']),
        s.hosts.push({ name: 'etcd-4', address: '10.0.0.24', roles: ['etcd'] })
      ),
      { path: 'hosts.etcd-1.roles', why: /taking etcd off/ },
    ],
    [
      'a worker node made a master',
      (s) => s.hosts[11].roles.push('control-plane'),
      { path: 'hosts.worker-3.roles', why: /holdfast promote/ },
    ],
  ])('refuse %s', (_, edit, { path, why }) => {
    expect(changed(edit)).toContainEqual(
      expect.objectContaining({ path, allowed: false, why: expect.stringMatching(why) as string }),
    );
  });

  it.each(['control-plane', 'etcd'])('refuse a new host in first place of %s, and take it behind', (role) => {
    const newcomers = ['x-1', 'x-2'].map((name, i) => ({ name, address: `10.0.0.9${i}`, roles: [role] }));
    const first = changed((s) => s.hosts.unshift(...newcomers)).filter(({ allowed }) => !allowed);
    expect(first).toEqual([
      expect.objectContaining({ path: `hosts (first ${role})`, to: 'x-1', allowed: false }),
    ]);
    expect(changed((s) => s.hosts.push(...newcomers)).map(({ allowed }) => allowed)).toEqual([true, true]);
  });

  it('take the same hosts in another order as no change of a host', () => {
    expect(changed((s) => s.hosts.reverse())).toEqual([]);
  });

  it('show each setting that differs with both values', () => {
    expect(
      changed(
        (s) => (
          (s.backup.keep = 7),
          (s.kubespray.vars = { a: { b: [1] } }),
          delete s.storage,
          (s.singlePointsOfFailure = ['bastion'])
        ),
      ),
    ).toMatchObject([
      { path: 'kubespray.vars.a', to: '{"b":[1]}', allowed: true },
      { path: 'storage.nfs.server', from: '10.0.0.61' },
      { path: 'storage.nfs.path', from: '/exported/path' },
      { path: 'storage.nfs.storageClass' },
      { path: 'storage.nfs.default' },
      { path: 'storage.nfs.archiveOnDelete' },
      { path: 'storage.nfs.replicated' },
      { path: 'backup.keep', from: '28', to: '7', allowed: true },
      { path: 'singlePointsOfFailure', from: '["bastion","nfs"]', to: '["bastion"]' },
    ]);
  });
});
