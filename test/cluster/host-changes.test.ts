/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { addedHosts, removedHosts } from '../../cluster/host-changes.ts';
import { edited } from './edited.ts';
import type { LooseSpec } from './edited.ts';
import { clusterOf, exampleCluster } from './example.ts';

const without = exampleCluster('twelve-hosts');
const more = (edit: (spec: LooseSpec) => unknown = () => undefined) =>
  clusterOf(
    edited((spec) => {
      spec.hosts.push({ name: 'worker-4', address: '10.0.0.44', roles: ['worker'] });
      edit(spec);
    }),
  );

describe('hosts that come', () => {
  it('are the worker nodes that the next spec names more', () => {
    expect(addedHosts(without, more())).toEqual({ hosts: ['worker-4'] });
  });

  it('are so too where the worker keeps its key and known_hosts elsewhere', () => {
    const moved = more((s) =>
      Object.assign(s.ssh, { identityFile: '/other/key', knownHosts: '/other/known_hosts' }),
    );
    expect(addedHosts(without, moved)).toEqual({ hosts: ['worker-4'] });
    const another = more((s) => Object.assign(s.ssh, { user: 'somebody' }));
    expect(addedHosts(without, another)).toEqual({
      why: expect.stringMatching(/hosts\.bastion-1\.ssh\.user/) as string,
    });
  });

  it('are none where the spec names no more than before', () => {
    expect(addedHosts(without, without)).toEqual({ why: expect.stringMatching(/no host more/) as string });
    expect(addedHosts(more(), without)).toEqual({ why: expect.stringMatching(/no host more/) as string });
  });

  it.each<[string, (spec: LooseSpec) => unknown, RegExp]>([
    [
      'another setting changes too',
      (s) => Object.assign(s.backup, { keep: 3 }),
      /differs in more than that: backup\.keep; `holdfast up`/,
    ],
    [
      'a host goes at the same time',
      (s) =>
        s.hosts.splice(
          s.hosts.findIndex((h: { name: string }) => h.name === 'worker-3'),
          1,
        ),
      /more than that: hosts\.worker-3/,
    ],
    [
      'a new host is no worker node alone',
      (s) =>
        s.hosts.push(
          { name: 'etcd-4', address: '10.0.0.24', roles: ['etcd'] },
          { name: 'etcd-5', address: '10.0.0.25', roles: ['etcd'] },
        ),
      /only worker nodes alone come and go by it: etcd-4 \(etcd\), etcd-5 \(etcd\)/,
    ],
    [
      'the new host is to be a candidate, which load balancers and certificates must know',
      (s) => s.failover.candidates.push('worker-4'),
      /more than that: failover\.candidates/,
    ],
  ])('are refused where %s', (_what, edit, why) => {
    expect(addedHosts(without, more(edit))).toEqual({ why: expect.stringMatching(why) as string });
  });
});

describe('hosts that go', () => {
  it('are the worker nodes that the next spec names no more', () => {
    expect(removedHosts(more(), without)).toEqual({ hosts: ['worker-4'] });
  });

  it('are none where every host is still named', () => {
    expect(removedHosts(without, more())).toEqual({
      why: expect.stringMatching(/names every host/) as string,
    });
  });

  it('are no hosts that hold state', () => {
    const five = more((s) =>
      s.hosts.push(...[4, 5].map((n) => ({ name: `etcd-${n}`, address: `10.0.0.2${n}`, roles: ['etcd'] }))),
    );
    expect(removedHosts(five, more())).toEqual({
      why: expect.stringMatching(/come and go by it: etcd-4/) as string,
    });
  });
});
