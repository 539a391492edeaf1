import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { Cluster } from '../../cluster/cluster.ts';
import { bridgeName, labNetwork, linkName, macOf, overlap } from '../../lab/network.ts';

function clusterAt(addresses: readonly string[], virtual: readonly string[] = []): Cluster {
  const [internal, external] = virtual;
  return {
    name: 'demo',
    hosts: addresses.map((address, i) => ({ name: `h${i}`, address, ssh: { address }, roles: ['worker'] })),
    ...(internal && {
      loadBalancer: { internal: { address: internal }, ...(external && { external: { address: external } }) },
    }),
  } as unknown as Cluster;
}

describe('the lab’s subnet', () => {
  test('is the /24 of the hosts, with the bridge on .1', () => {
    expect(labNetwork(clusterAt(['10.77.0.10', '10.77.0.43'], ['10.77.0.100', '10.77.0.101']))).toEqual({
      bridge: 'hf-demo',
      address: '10.77.0.1',
      prefix: 24,
      subnet: '10.77.0.0/24',
    });
  });
  test('grows until it holds every address', () => {
    expect(labNetwork(clusterAt(['10.0.0.5', '10.0.1.5'])).subnet).toBe('10.0.0.0/23');
    expect(labNetwork(clusterAt(['10.0.3.5'], ['10.0.4.5'])).subnet).toBe('10.0.0.0/21');
  });
  test('holds all of a host’s addresses, and not that of a load balancer that is somebody else’s', () => {
    const host = {
      name: 'h',
      address: '10.0.1.5',
      ip: '10.0.2.5',
      ssh: { address: '10.0.3.5' },
      roles: ['worker'],
    };
    const loadBalancer = { existing: true, internal: { address: '172.16.0.9', port: 6443 } };
    const cluster = { name: 'demo', hosts: [host], loadBalancer } as unknown as Cluster;
    expect(labNetwork(cluster).subnet).toBe('10.0.0.0/22');
  });
  test('leaves .1 to a host that has it', () => {
    expect(labNetwork(clusterAt(['10.0.0.1', '10.0.0.2'])).address).toBe('10.0.0.3');
  });
  test('has no host on its first or last address', () => {
    expect(labNetwork(clusterAt(['10.0.0.255'])).subnet).toBe('10.0.0.0/23');
    expect(labNetwork(clusterAt(['10.0.1.0'])).subnet).toBe('10.0.0.0/23');
  });
  test('grows when every address is taken', () => {
    const all = Array.from({ length: 254 }, (_, i) => `10.0.0.${i + 1}`);
    expect(labNetwork(clusterAt(all))).toMatchObject({ subnet: '10.0.0.0/23', address: '10.0.0.255' });
  });
  test('is refused where no /8 holds the addresses', () => {
    expect(() => labNetwork(clusterAt(['10.0.0.1', '192.168.0.1']))).toThrow('do not fit into one subnet');
  });
  test('holds all addresses, and the bridge’s is nobody else’s', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(octet, octet, octet).map(([a, b, c]) => `10.${a}.${b}.${c}`);
    fc.assert(
      fc.property(fc.uniqueArray(address, { minLength: 1, maxLength: 20 }), (addresses) => {
        fc.pre(!addresses.some((a) => a === '10.0.0.0' || a === '10.255.255.255'));
        const network = labNetwork(clusterAt(addresses));
        expect(addresses).not.toContain(network.address);
        for (const a of [...addresses, network.address])
          expect(overlap(`${a}/32`, network.subnet)).toBe(true);
      }),
    );
  });
});

describe('names and hardware addresses', () => {
  test('a MAC address is fixed by the address', () => {
    expect(macOf('10.77.0.31')).toBe('02:77:0a:4d:00:1f');
  });
  test('interface names fit into 15 characters, whatever the cluster’s name', () => {
    const long = 'a'.repeat(63);
    expect(linkName(long, '255.255.255.255')).toHaveLength(15);
    expect(bridgeName(long)).toHaveLength(15);
    expect(bridgeName('demo')).toBe('hf-demo');
  });
  test('hosts of two labs at the same address have cables of their own', () => {
    expect(linkName('one', '10.0.0.1')).not.toBe(linkName('two', '10.0.0.1'));
  });
  test('what is no IPv4 address is refused', () => {
    expect(() => macOf('10.77.0.300')).toThrow('not an IPv4 address');
    expect(() => macOf('fd00::1')).toThrow('not an IPv4 address');
  });
});

test('subnets overlap when one holds the other', () => {
  expect(overlap('10.0.0.0/8', '10.77.0.0/24')).toBe(true);
  expect(overlap('10.77.0.1/24', '10.77.0.200/32')).toBe(true);
  expect(overlap('10.77.0.0/24', '10.77.1.0/24')).toBe(false);
});
