import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Firewall, type FirewallKind, firewallProblems } from '../../cluster/firewalls.ts';
import { firewallNeeds } from '../../cluster/plan-inputs.ts';
import { reachabilityMatrix } from '../../cluster/reachability.ts';
import { exampleCluster } from './example.ts';

const cluster = exampleCluster('twelve-hosts');
const matrix = reachabilityMatrix(cluster);
const needs = firewallNeeds(cluster);

/** `name`: a file of test/captured/firewall. */
const firewall = (kind: FirewallKind, name?: string): Firewall => ({
  kind,
  text:
    name === undefined ? '' : readFileSync(new URL(`../captured/firewall/${name}`, import.meta.url), 'utf8'),
});
const problems = (hosts: Record<string, Firewall>, unreached: readonly string[] = []) =>
  firewallProblems(new Map(Object.entries(hosts)), new Set(unreached), matrix, needs);

const trust = 'firewall-cmd --permanent --zone=trusted --add-source=10.233.64.0/18';

describe('firewalls', () => {
  it('that everybody gets through are left alone', () => {
    expect(problems({ 'etcd-1': firewall('firewalld', 'rocky-9.6-zone-trusted') })).toEqual([]);
    expect(problems({})).toEqual([]);
  });

  it.each([
    ['firewalld', 'rocky-9.6-zone-trusted-with-pods'],
    ['firewalld', 'rocky-9.6-zone-trusted-with-interfaces'],
    ['ufw', 'ubuntu-24.04-ufw-with-pods'],
    ['nftables', undefined],
  ] as const)('on nodes that take pods’ traffic are left alone: %s, %s', (kind, name) => {
    expect(problems({ 'worker-1': firewall(kind, name) })).toEqual([]);
  });

  it('on nodes that reject pods’ traffic are told with what would let it through, alike hosts together', () => {
    const closed = firewall('firewalld', 'rocky-9.6-zone-trusted');
    expect(problems({ 'worker-1': closed, 'worker-2': closed })).toEqual([
      `worker-1, worker-2: firewalld does not let pods’ traffic through; enter there as root: ${trust} && firewall-cmd --reload`,
    ]);
    expect(problems({ 'worker-1': firewall('ufw', 'ubuntu-24.04-ufw') })).toEqual([
      'worker-1: ufw does not let pods’ traffic through; enter there as root: ufw allow from 10.233.64.0/18',
    ]);
  });

  it('take an open default of ufw for what it is', () => {
    const open = firewall('ufw', 'ubuntu-24.04-ufw');
    const text = open.text.replace('deny (incoming)', 'allow (incoming)');
    expect(problems({ 'worker-1': { ...open, text } })).toEqual([]);
  });

  it.each(['etcd-1', 'lb-1', 'master-1', 'worker-1'])(
    'that keep others from %s are told with all that this host needs',
    async (host) => {
      const lines = [
        firewall('firewalld', 'rocky-9.6-zone-trusted'),
        firewall('ufw', 'ubuntu-24.04-ufw'),
        firewall('nftables'),
      ].flatMap((one) => problems({ [host]: one }, [host]));
      expect(lines).toHaveLength(3);
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/firewalls-${host}.txt`);
    },
  );

  it('name six hosts, and how many more', () => {
    const closed = firewall('nftables');
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`h-${i}`, closed]));
    expect(problems(many, Object.keys(many))[0]).toMatch(/^h-0, h-1, h-2, h-3, h-4, h-5 and 3 more: /);
  });
});
