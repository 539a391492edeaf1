/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../cluster/facts.ts';
import { preflight } from '../../cluster/preflight.ts';
import { clusterOf, exampleCluster } from './example.ts';
import { edited } from './edited.ts';
import { besideExisting } from './existing-load-balancer.ts';
import { severalAddresses } from './several-addresses.ts';
import { soundFacts } from './sound-facts.ts';

const cluster = exampleCluster('twelve-hosts');

/** Of twelve sound hosts, some of them changed. */
const facts = (changes: Record<string, Partial<HostFacts>> = {}) => soundFacts(cluster, changes);

const lines = (changes: Record<string, Partial<HostFacts>>) =>
  preflight(cluster, facts(changes)).map(({ host, message }) => `${host}: ${message}`);
const on = (...cidrs: string[]) => ({ addresses: cidrs.map((cidr) => ({ cidr, interface: 'eth0' })) });

describe('preflight', () => {
  it('finds nothing wrong with sound hosts, all or a part of them', () => {
    expect(preflight(cluster, facts())).toEqual([]);
    expect(preflight(cluster, facts().slice(3, 5))).toEqual([]);
    expect(preflight(cluster, [])).toEqual([]);
  });

  it('names both of two hosts that share a machine-id or a host name', () => {
    expect(lines({ 'etcd-2': { machineId: 'id-of-etcd-1' } })).toEqual([
      'etcd-1: its machine-id id-of-etcd-1 is also that of etcd-2',
      'etcd-2: its machine-id id-of-etcd-1 is also that of etcd-1',
    ]);
    expect(lines({ 'etcd-2': { hostname: 'etcd-3' } })).toHaveLength(2);
    expect(lines({ 'etcd-2': { machineId: '' }, 'etcd-3': { machineId: '' } })).toEqual([
      'etcd-2: it has no machine-id',
      'etcd-3: it has no machine-id',
    ]);
  });

  it('says where the spec’s address is, when it is not on the host', () => {
    expect(lines({ 'worker-1': on('10.0.0.77/24') })).toEqual([
      'worker-1: the spec says 10.0.0.41, but it holds 10.0.0.77/24',
    ]);
    expect(lines({ 'worker-2': on('10.0.0.42/24', '10.0.0.41/24') })).toEqual([
      'worker-1: its address 10.0.0.41 is also on worker-2',
    ]);
  });

  it('asks a host with several addresses for the one that it is to hold, and for no translated one', () => {
    const several = clusterOf(severalAddresses());
    const found = (changes: Record<string, Partial<HostFacts>>) => {
      // What the twelve hosts hold is what they held with one address.
      const all = facts(changes);
      return preflight(several, all).map(({ host, message }) => `${host}: ${message}`);
    };
    expect(found({})).toEqual([]);
    expect(found({ 'worker-3': on('172.20.0.43/24') })).toEqual([
      'worker-3: the spec says 10.0.0.43, but it holds 172.20.0.43/24',
    ]);
    // The bastion translates: it holds what the others reach worker-3 by.
    expect(found({ 'bastion-1': on('10.0.0.5/24', '172.20.0.43/32') })).toEqual([]);
    // Two machines that hold the same one are a mistake, whatever it is for.
    expect(
      found({
        'etcd-1': on('10.0.0.21/24', '172.16.0.21/24'),
        'etcd-2': on('10.0.0.22/24', '172.16.0.21/24'),
      }),
    ).toEqual(['etcd-1: its address 172.16.0.21 is also on etcd-2']);
  });

  it('wants the spec’s address on a host of which only its others know another', () => {
    const reached = clusterOf(edited((spec) => Object.assign(spec.hosts[11], { accessIp: '172.20.0.43' })));
    expect(preflight(reached, facts())).toEqual([]);
    expect(preflight(reached, facts({ 'worker-3': on('10.0.0.77/24') }))).toHaveLength(1);
  });

  it('wants the virtual addresses in the subnet of what the load balancers hold', () => {
    const several = clusterOf(severalAddresses());
    expect(
      preflight(several, facts({ 'lb-1': on('172.16.0.11/24', '10.0.0.11/26') })).map(
        ({ message }) => message,
      ),
    ).toEqual([
      'the virtual address 10.0.0.100 lies outside its subnet (10.0.0.11/26)',
      'the virtual address 10.0.0.101 lies outside its subnet (10.0.0.11/26)',
    ]);
  });

  it('blames the clock that is off, not the others, and only beyond the error of the measurement', () => {
    expect(lines({ 'bastion-1': { clockOffsetMs: 1500 } })).toEqual([
      'bastion-1: its clock is 1.5 s ahead of lb-1 (± 0.0 s)',
    ]);
    expect(lines({ 'lb-1': { clockOffsetMs: -700 }, 'lb-2': { clockOffsetMs: 600 } })).toEqual([
      'lb-1: its clock is 1.3 s behind lb-2 (± 0.0 s)',
    ]);
    expect(lines({ 'worker-3': { clockOffsetMs: -86_400_000 } })).toEqual([
      expect.stringMatching(/^worker-3: .* behind /),
    ]);
    expect(lines({ 'worker-3': { clockOffsetMs: 1500, clockErrorMs: 600 } })).toEqual([]);
    expect(lines({ 'worker-3': { clockOffsetMs: 1000, clockErrorMs: 0 } })).toEqual([]);
  });

  it('refuses a candidate too small for a control plane, and only a candidate', () => {
    expect(lines({ 'worker-1': { memoryMb: 1499 }, 'worker-3': { memoryMb: 1100 } })).toEqual([
      expect.stringMatching(/^worker-1: a failover candidate with 1499 MB/),
    ]);
    expect(lines({ 'worker-1': { memoryMb: 1500 } })).toEqual([]);
  });

  it('wants the virtual addresses in the load balancers’ subnet, with its length', () => {
    expect(lines({ 'lb-1': on('10.0.0.11/26') })).toEqual([
      'lb-1: the virtual address 10.0.0.100 lies outside its subnet (10.0.0.11/26)',
      'lb-1: the virtual address 10.0.0.101 lies outside its subnet (10.0.0.11/26)',
    ]);
    expect(lines({ 'lb-2': on('10.0.0.12/16') })).toEqual([
      'lb-2: its subnet is /16 (10.0.0.12/16), but loadBalancer.prefixLength is 24',
    ]);
  });

  it('lets a load balancer hold a virtual address, and nobody else', () => {
    expect(lines({ 'lb-2': on('10.0.0.12/24', '10.0.0.100/24') })).toEqual([]);
    expect(lines({ 'etcd-1': on('10.0.0.21/24', '10.0.0.100/32') })).toEqual([
      'etcd-1: it holds the virtual address 10.0.0.100/32 (eth0), but is no load balancer',
    ]);
  });

  it('lets nobody hold the address of a load balancer that exists, wherever its subnet lies', () => {
    const found = (changes: Record<string, Partial<HostFacts>>) =>
      preflight(besideExisting(), facts(changes));
    expect(found({})).toEqual([]);
    expect(found({ 'worker-3': on('10.0.0.43/24', '172.16.0.10/32') })).toMatchObject([
      { host: 'worker-3', message: expect.stringContaining('172.16.0.10/32 (eth0)') as string },
    ]);
  });

  it('refuses pod and service networks over a real network, but not over what Kubernetes made of them', () => {
    const also = (device: string) => ({
      addresses: [
        { cidr: '10.0.0.41/24', interface: 'eth0' },
        { cidr: '10.233.66.1/24', interface: device },
      ],
    });
    expect(lines({ 'worker-1': also('eth1') })).toEqual([
      'worker-1: its network 10.233.66.1/24 (eth1) overlaps kubernetes.podCidr 10.233.64.0/18',
    ]);
    expect(lines({ 'worker-1': also('cni0') })).toEqual([]);
    expect(lines({ 'worker-1': also('kube-ipvs0') })).toEqual([]);
  });

  it('says for every problem a host of the spec and a cure', () => {
    const change = fc.record({
      machineId: fc.constantFrom('', 'a', 'b'),
      clockOffsetMs: fc.integer({ min: -5000, max: 5000 }),
      memoryMb: fc.integer({ min: 0, max: 4000 }),
    });
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...cluster.hosts.map(({ name }) => name)), change),
        (changes) => {
          for (const { host, cure, message } of preflight(cluster, facts(changes))) {
            expect(cluster.hosts.some(({ name }) => name === host)).toBe(true);
            expect(cure).not.toBe('');
            expect(message).not.toBe('');
          }
        },
      ),
    );
  });
});
