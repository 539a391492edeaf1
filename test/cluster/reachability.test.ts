/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { reachabilityMatrix } from '../../cluster/reachability.ts';
import { clusterOf, exampleCluster } from './example.ts';
import { edited } from './edited.ts';

const masters = ['master-1', 'master-2', 'master-3'];
const workers = ['worker-1', 'worker-2', 'worker-3'];
const members = ['etcd-1', 'etcd-2', 'etcd-3'];

describe('reachabilityMatrix', () => {
  it('is the mission’s, for the twelve hosts', () => {
    const matrix = reachabilityMatrix(exampleCluster('twelve-hosts'));
    const line = (port: number, from: readonly string[]) =>
      matrix.find((reach) => reach.port === port && reach.from.join() === from.join());
    expect(line(2379, members)?.to).toEqual(members);
    expect(line(2380, members)?.to).toEqual(members);
    expect(line(2379, [...masters, 'worker-1', 'worker-2'])?.to).toEqual(members);
    expect(line(6443, [...masters, ...workers, 'lb-1', 'lb-2', 'bastion-1'])?.to).toEqual([
      ...masters,
      'worker-1',
      'worker-2',
    ]);
    expect(line(22, ['bastion-1'])?.to).toHaveLength(11);
    expect(line(10250, [...masters, 'worker-1', 'worker-2'])?.to).toEqual([...masters, ...workers]);
    expect(line(8472, [...masters, ...workers])?.protocol).toBe('udp');
    expect(line(112, ['lb-1', 'lb-2'])).toMatchObject({ to: ['lb-1', 'lb-2'], protocol: 'vrrp' });
    expect(line(30443, ['lb-1', 'lb-2'])?.to).toEqual(workers);
  });

  it.each([
    ['flannel', ['8472/udp']],
    ['calico', ['4789/udp']],
    ['cilium', ['4240/tcp', '8472/udp']],
    ['cni', []],
  ])('asks for the ports of %s', (network, ports) => {
    const matrix = reachabilityMatrix(clusterOf(edited((s) => (s.kubernetes.network = network))));
    const found = matrix
      .map(({ port, protocol }) => `${port}/${protocol}`)
      .filter((port) => /^(8472|4789|179|4240)\//.test(port));
    expect(found.toSorted()).toEqual(ports);
  });

  it.each([
    ['bird', '179/tcp'],
    ['vxlan', '4789/udp'],
  ])('asks for the port of calico’s backend %s', (backend, wanted) => {
    const matrix = reachabilityMatrix(
      clusterOf(
        edited((s) => {
          s.kubernetes.network = 'calico';
          s.kubespray.vars = { calico_network_backend: backend };
        }),
      ),
    );
    const found = matrix.map(({ port, protocol }) => `${port}/${protocol}`);
    expect(found.filter((port) => /^(4789|179)\//.test(port))).toEqual([wanted]);
  });

  it('asks an NFS server outside the spec for 2049, from every node', () => {
    expect(reachabilityMatrix(exampleCluster('twelve-hosts'))).toContainEqual(
      expect.objectContaining({ port: 2049, to: ['10.0.0.61'], from: [...masters, ...workers] }),
    );
  });

  it('asks each host for its own SSH port, and an NFS host for 2049', () => {
    const matrix = reachabilityMatrix(
      clusterOf(
        edited((s) => {
          s.hosts[4].ssh = { port: 2222 };
          s.hosts.push({ name: 'nfs-1', address: '10.0.0.61', roles: ['nfs-server'] });
        }),
      ),
    );
    expect(matrix).toContainEqual(expect.objectContaining({ port: 2222, to: ['etcd-2'] }));
    expect(matrix).toContainEqual(
      expect.objectContaining({ port: 2049, to: ['nfs-1'], from: [...masters, ...workers] }),
    );
  });

  it('has no line in which a host would reach only itself', () => {
    for (const { from, to } of reachabilityMatrix(exampleCluster('small')))
      expect(new Set([...from, ...to]).size).toBeGreaterThan(1);
  });
});
