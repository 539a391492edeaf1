/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { watchInput } from '../../../cluster/failover/watch-input.ts';
import { clusterOf, exampleCluster } from '../example.ts';
import { edited } from '../edited.ts';
import { besideExisting } from '../existing-load-balancer.ts';

const record = { controlPlane: ['master-1', 'master-2', 'master-3'], candidates: ['worker-1', 'worker-2'] };
const names = (hosts: readonly { readonly name: string }[]) => hosts.map(({ name }) => name);

describe('watchInput', () => {
  it('looks from bastion and load balancers at the control plane, candidates, etcd and the balancers themselves', () => {
    const input = watchInput(exampleCluster('twelve-hosts'), record);
    expect(names(input.vantagePoints)).toEqual(['bastion-1', 'lb-1', 'lb-2']);
    expect(input.vantagePoints.map(({ balancer, first }) => [balancer, first])).toEqual([
      [false, true],
      [true, false],
      [true, false],
    ]);
    expect(names(input.apiServers)).toEqual(['master-1', 'master-2', 'master-3', 'worker-1', 'worker-2']);
    expect(names(input.etcd)).toEqual(['etcd-1', 'etcd-2', 'etcd-3']);
    // Neither the bastion nor worker-3, which is no candidate.
    expect(names(input.ssh)).toEqual([
      ...record.controlPlane,
      ...record.candidates,
      'etcd-1',
      'etcd-2',
      'etcd-3',
      'lb-1',
      'lb-2',
    ]);
    expect(input.ssh[0]).toEqual({ name: 'master-1', address: '10.0.0.31', port: 22 });
    expect(input.nfs).toBe('10.0.0.61');
  });

  it('looks from the bastion alone beside a load balancer that exists, and asks the API through it', () => {
    const input = watchInput(besideExisting(), record);
    expect(input.vantagePoints).toMatchObject([
      { name: 'bastion-1', balancer: false, first: true, asks: ['internal'] },
    ]);
    expect(input.addresses).toEqual({ internal: { address: '172.16.0.10', port: 8443 } });
    expect(names(input.ssh)).toEqual([...record.controlPlane, ...record.candidates, ...names(input.etcd)]);
  });

  it('knows a promoted worker as control plane, each host once, and leaves out who left the spec', () => {
    const input = watchInput(exampleCluster('twelve-hosts'), {
      controlPlane: ['worker-1', 'master-9'],
      candidates: ['worker-1', 'worker-2'],
    });
    expect(names(input.apiServers)).toEqual(['worker-1', 'worker-2']);
  });

  it('asks at the external address only where the API is offered there, and only from whom it admits', () => {
    const closed = watchInput(exampleCluster('twelve-hosts'), record);
    expect(closed.addresses.external).toEqual({ address: '10.0.0.101' });
    expect(closed.vantagePoints.map(({ asks }) => asks)).toEqual([['internal'], ['internal'], ['internal']]);

    const offered = clusterOf(
      edited((spec) => {
        spec.loadBalancer.external.apiPort = 6443;
        spec.loadBalancer.external.apiAllow = ['10.0.0.5/32', '10.0.0.12/32'];
      }),
    );
    const input = watchInput(offered, record);
    expect(input.addresses.external).toEqual({ address: '10.0.0.101', port: 6443 });
    expect(input.vantagePoints.map(({ asks }) => asks)).toEqual([
      ['internal', 'external'],
      ['internal'],
      ['internal', 'external'],
    ]);
  });

  it('looks at the SSH of an NFS server that is a host of the spec', () => {
    const cluster = clusterOf(
      edited((spec) => {
        spec.hosts.push({ name: 'nfs-1', address: '10.0.0.61', roles: ['nfs-server'] });
        spec.storage.nfs.server = 'nfs-1';
      }),
    );
    const input = watchInput(cluster, record);
    expect(input.nfs).toBe('10.0.0.61');
    expect(names(input.ssh)).toContain('nfs-1');
  });

  it('makes do with a bastion alone', () => {
    const input = watchInput(exampleCluster('small'), { controlPlane: ['master-1'], candidates: [] });
    expect(names(input.vantagePoints)).toEqual(['bastion-1']);
    expect(input.vantagePoints[0]?.asks).toEqual([]);
    expect(input.addresses).toEqual({});
    expect(input.nfs).toBeUndefined();
    expect(names(input.ssh)).toEqual(['master-1']);
  });
});
