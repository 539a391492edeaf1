/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment -- edits write what no type allows */
import { dump, load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { changes } from '../../cluster/changes.ts';
import { preflight } from '../../cluster/preflight.ts';
import type { LooseSpec } from './edited.ts';
import { clusterOf, mistakesOf } from './example.ts';
import { clusterOfShape, inventoryFiles, shapes } from './render/shapes.ts';
import { soundFacts } from './sound-facts.ts';

const title = 'pods and services with IPv6 addresses too (dual stack)';
const cluster = clusterOfShape(title);
const nodes = cluster.hosts.filter(({ ip6 }) => ip6 !== undefined).map(({ name }) => name);
const text = (edit: (spec: LooseSpec) => unknown) => {
  const spec = load(shapes[title] ?? '') as LooseSpec;
  edit(spec);
  return dump(spec);
};
const found = (edit: (spec: LooseSpec) => unknown) =>
  mistakesOf(text(edit)).map((line) => line.slice(line.indexOf(' ') + 1));
const host = (spec: LooseSpec, name: string) => spec.hosts.find((one: { name: string }) => one.name === name);

describe('IPv6 beside IPv4', () => {
  it('takes Kubespray’s own networks where none are named, and writes each in one form', () => {
    expect(cluster.kubernetes.ipv6).toEqual({
      podCidr: 'fd85:ee78:d8a6:8607::1:0/112',
      serviceCidr: 'fd85:ee78:d8a6:8607::1000/116',
    });
    const made = clusterOf(
      text((s) => {
        s.kubernetes.ipv6 = { podCidr: 'FD00:0020:0::/112', serviceCidr: 'fd00:21:0:0::/112' };
        host(s, 'worker-1').ip6 = 'FD00:0010:0000::00a1';
      }),
    );
    expect(made.kubernetes.ipv6).toEqual({ podCidr: 'fd00:20::/112', serviceCidr: 'fd00:21::/112' });
    expect(made.hosts.find(({ name }) => name === 'worker-1')?.ip6).toBe('fd00:10::a1');
  });

  it('is told to Kubespray: both families on, IPv4 first, and each node’s address', () => {
    const files = new Map(inventoryFiles(cluster).map(({ path, content }) => [path, load(content)]));
    expect(files.get('group_vars/k8s_cluster/holdfast.yml')).toMatchObject({
      ipv4_stack: true,
      ipv6_stack: true,
      kube_pods_subnet: '10.233.64.0/18',
      kube_pods_subnet_ipv6: 'fd85:ee78:d8a6:8607::1:0/112',
      kube_service_addresses_ipv6: 'fd85:ee78:d8a6:8607::1000/116',
    });
    const { all } = files.get('hosts.yaml') as { all: { hosts: Record<string, { ip6?: string }> } };
    const given = Object.entries(all.hosts).flatMap(([name, { ip6 }]) => (ip6 === undefined ? [] : [name]));
    expect(given.toSorted()).toEqual(nodes.toSorted());
  });

  it('without the key nothing of it is written', () => {
    const plain = JSON.stringify(inventoryFiles(clusterOfShape('twelve hosts')));
    expect(plain).not.toMatch(/ipv6|ip6/);
  });

  it.each<[string, (spec: LooseSpec) => unknown, RegExp]>([
    [
      'a node without an address',
      (s) => delete host(s, 'worker-2').ip6,
      /^hosts\[\d+\](\.ip6)?: missing; wanted: the IPv6 address of this node/,
    ],
    [
      'an address twice',
      (s) => (host(s, 'worker-2').ip6 = host(s, 'worker-1').ip6),
      /ip6 fd00:10::4 belongs to worker-1 already/,
    ],
    [
      'an address of what is no node',
      (s) => (host(s, 'etcd-1').ip6 = 'fd00:10::99'),
      /etcd-1 is no node; wanted: no ip6/,
    ],
    [
      'addresses without the networks',
      (s) => delete s.kubernetes.ipv6,
      /the cluster has no IPv6; wanted: kubernetes.ipv6 beside it/,
    ],
    [
      'an address that is link-local',
      (s) => (host(s, 'worker-1').ip6 = 'fe80::1'),
      /got "fe80::1"; wanted: an IPv6 address of one host/,
    ],
    [
      'an address that is none',
      (s) => (host(s, 'worker-1').ip6 = 'fd00::1::2'),
      /wanted: an IPv6 address of one host/,
    ],
    [
      'an IPv4 address in its place',
      (s) => (host(s, 'worker-1').ip6 = '10.0.0.1'),
      /wanted: an IPv6 address of one host/,
    ],
    [
      'a network with bits to the right',
      (s) => (s.kubernetes.ipv6.podCidr = 'fd00:20::1/112'),
      /no bits right of the length/,
    ],
    [
      'pods among services',
      (s) => (s.kubernetes.ipv6.serviceCidr = 'fd85:ee78:d8a6:8607::1:0/116'),
      /overlaps podCidr/,
    ],
    [
      'services in a network too wide',
      (s) => (s.kubernetes.ipv6.serviceCidr = 'fd00:20::/64'),
      /bears no IPv6 network of services shorter than \/108/,
    ],
    [
      'pods in a network too wide',
      (s) => (s.kubernetes.ipv6.podCidr = 'fd00:20::/64'),
      /more than 16 bits.*wanted: a \/104 or longer/,
    ],
    [
      'pods in a network too small',
      (s) => (s.kubernetes.ipv6.podCidr = 'fd00:20::/119'),
      /room for 2 nodes \(a \/120 each\), and there are 5/,
    ],
    [
      'a network that holds a host',
      (s) => (s.kubernetes.ipv6.podCidr = 'fd00:10::/112'),
      /holds fd00:10::1 \(master-1\)/,
    ],
    [
      'the variable beside the key',
      (s) => (s.kubespray.vars = { ipv6_stack: true }),
      /kubernetes.ipv6 of the spec instead/,
    ],
    ['IPv6 alone', (s) => (s.kubespray.vars = { ipv4_stack: false }), /reached by IPv4/],
  ])('is refused with %s', (_, edit, message) => {
    expect(found(edit)).toContainEqual(expect.stringMatching(message));
  });

  it('stays as it is once a cluster lives, but for new nodes', () => {
    const change = (edit: (spec: LooseSpec) => unknown) => changes(cluster, clusterOf(text(edit)));
    expect(change((s) => (s.kubernetes.ipv6.podCidr = 'fd00:20::/112'))).toMatchObject([
      { path: 'kubernetes.ipv6.podCidr', allowed: false },
    ]);
    expect(change((s) => (host(s, 'worker-1').ip6 = 'fd00:10::77'))).toMatchObject([
      { path: 'hosts.worker-1.ip6', allowed: false },
    ]);
    const without = clusterOf(
      text((s) => {
        delete s.kubernetes.ipv6;
        for (const one of s.hosts) delete one.ip6;
      }),
    );
    expect(
      changes(without, cluster)
        .filter(({ allowed }) => !allowed)
        .map(({ path }) => path),
    ).toContain('kubernetes.ipv6.podCidr');
  });
});

describe('the addresses that hosts hold', () => {
  const inOneSubnet = clusterOf(text((s) => (s.loadBalancer.internal.address = '10.0.0.100')));
  const facts = (addresses6: (ip6: string, name: string) => string[]) =>
    soundFacts(
      cluster,
      Object.fromEntries(
        cluster.hosts.flatMap(({ name, ip6 }) =>
          ip6 === undefined
            ? []
            : [[name, { addresses6: addresses6(ip6, name).map((cidr) => ({ cidr, interface: 'eth0' })) }]],
        ),
      ),
    );
  const lines = (addresses6: (ip6: string, name: string) => string[]) =>
    preflight(inOneSubnet, facts(addresses6)).map(({ host: name, message }) => `${name}: ${message}`);

  it('are those of the spec, in whatever form', () => {
    expect(lines((ip6) => [`${ip6.replace('::', ':0:0::')}/64`])).toEqual([]);
  });

  it('are told where one is missing', () => {
    expect(lines((ip6, name) => (name === 'worker-1' ? [] : [`${ip6}/64`]))).toEqual([
      'worker-1: the spec says fd00:10::4, but it holds no IPv6 address',
    ]);
  });

  it('are told where the pods’ network would hide them', () => {
    expect(
      lines((ip6) => [`${ip6}/64`, 'fd85:ee78:d8a6:8607::5/64']).filter((line) => /worker-1/.test(line)),
    ).toEqual([
      'worker-1: its network fd85:ee78:d8a6:8607::5/64 (eth0) overlaps kubernetes.ipv6.podCidr fd85:ee78:d8a6:8607::1:0/112',
      'worker-1: its network fd85:ee78:d8a6:8607::5/64 (eth0) overlaps kubernetes.ipv6.serviceCidr fd85:ee78:d8a6:8607::1000/116',
    ]);
  });
});
