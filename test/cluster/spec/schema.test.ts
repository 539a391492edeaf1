/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { clusterOf, exampleCluster, mistakesOf } from '../example.ts';
import { edited } from '../edited.ts';
import type { LooseSpec } from '../edited.ts';
import { ownLoadBalancer } from '../../../cluster/hosts-of.ts';
import { parseSpec } from '../../../cluster/spec/index.ts';

describe('the form of a spec', () => {
  it.each<[string, (spec: LooseSpec) => void, string]>([
    ['a leading v', (s) => (s.kubernetes.version = 'v1.34.4'), 'without the leading "v": 1.34.4'],
    ['a version with two numbers', (s) => (s.kubernetes.version = 1.34), 'got 1.34; wanted: three numbers'],
    [
      'a host name in capitals',
      (s) => (s.hosts[0].name = 'Bastion'),
      'hosts[0].name: got "Bastion"; wanted: lower-case',
    ],
    [
      'an address with four numbers too large',
      (s) => (s.hosts[1].address = '10.0.0.256'),
      'hosts[1].address: got "10.0.0.256"',
    ],
    [
      'a host without roles',
      (s) => (s.hosts[1].roles = []),
      'hosts[1].roles: got a list; wanted: at least one role',
    ],
    [
      'an unknown role',
      (s) => (s.hosts[1].roles = ['master']),
      'hosts[1].roles[0]: got "master"; wanted: "bastion" or',
    ],
    [
      'a role as a word',
      (s) => (s.hosts[1].roles = 'worker'),
      'hosts[1].roles: got "worker"; wanted: a list of roles',
    ],
    [
      'a network with host bits',
      (s) => (s.kubernetes.podCidr = '10.233.64.1/18'),
      'kubernetes.podCidr: got "10.233.64.1/18"',
    ],
    [
      'a node port out of range',
      (s) => (s.loadBalancer.external.forward[0].nodePort = 443),
      'forward[0].nodePort: got 443; wanted: a node port, 30000 to 32767',
    ],
    ['a time without unit', (s) => (s.backup.every = 6), 'backup.every: got 6; wanted: a time with its unit'],
    ['a time out of bounds', (s) => (s.failover.confirmFor = '1s'), 'failover.confirmFor: got "1s"'],
    ['Helm 4', (s) => (s.helm = { version: 4 }), 'helm.version: wanted: 3, or 2 with Tiller'],
    [
      'Tiller without Helm 2',
      (s) => (s.helm = { tiller: { manages: ['apps'] } }),
      'helm.tiller: goes with Helm 2; wanted: version: 2 beside it',
    ],
    [
      'no recipients',
      (s) => (s.backup.recipients = []),
      'backup.recipients: got a list; wanted: at least one age recipient',
    ],
    [
      'a secret key as recipient',
      (s) => (s.backup.recipients = ['AGE-SECRET-KEY-1X']),
      'backup.recipients[0]',
    ],
    [
      'a lost character',
      (s) => (s.backup.recipients[0] = s.backup.recipients[0].slice(0, -1)),
      'check for a lost character',
    ],
    [
      'an unknown component',
      (s) => s.singlePointsOfFailure.push('luck'),
      'singlePointsOfFailure[2]: got "luck"; wanted: "bastion"',
    ],
    [
      'a number for JSON that is none',
      (s) => (s.kubespray.vars = { a: NaN }),
      'kubespray.vars.a: wanted: text, a number',
    ],
    [
      'a label’s bad name',
      (s) => (s.hosts[9].labels = { 'a b': 'x' }),
      'hosts[9].labels["a b"]: got "a b"; wanted: a label’s name',
    ],
    [
      'a label that is a number',
      (s) => (s.hosts[9].labels = { rack: 4 }),
      'hosts[9].labels.rack: got 4; wanted: a label’s value in quotes',
    ],
    ['an option as repository', (s) => (s.kubespray.source = '--upload-pack=x'), 'kubespray.source'],
  ])('refuses %s', (_, edit, message) => {
    expect(mistakesOf(edited(edit)).join('\n')).toContain(message);
  });

  it('hints at the nearest key, and does not call the one that was meant missing', () => {
    const mistakes = mistakesOf(
      edited((s) => {
        s.hosts[3].adress = s.hosts[3].address;
        delete s.hosts[3].address;
      }),
    );
    expect(mistakes.filter((line) => line.includes('hosts[3]'))).toEqual([
      expect.stringContaining('hosts[3].adress: unknown key; did you mean "address"?'),
    ]);
  });

  it('lists the known keys where none is near', () => {
    expect(mistakesOf(edited((s) => (s.helm = { zzzzzzzz: 1 })))).toEqual([
      expect.stringContaining('helm.zzzzzzzz: unknown key; wanted: one of version, archive, tiller'),
    ]);
  });

  it('points a missing key at what should hold it', () => {
    const mistakes = mistakesOf('cluster: demo\nkubernetes:\n  network: calico\n');
    expect(mistakes).toContain(
      'spec.yaml:2:1 kubernetes.version: missing; wanted: three numbers, such as 1.34.4',
    );
    expect(mistakes).toContainEqual(expect.stringMatching(/^spec\.yaml:1:1 hosts: missing; /));
  });
});

describe('a sound spec', () => {
  it('has every default filled in', () => {
    const cluster = exampleCluster('small');
    expect(cluster.failover).toEqual({
      mode: 'automatic',
      candidates: ['worker-1'],
      confirmForSeconds: 10,
      promoteBelow: 1,
      healsAnHour: 3,
      timings: 'calm',
    });
    expect(cluster.backup).toMatchObject({ everyHours: 6, keep: 28, alsoTo: [] });
    expect(cluster.kubespray).toMatchObject({ version: 'v2.31.0', vars: {} });
    expect(cluster.hosts[0]?.ssh).toEqual({
      name: 'bastion-1',
      address: '10.0.0.5',
      port: 22,
      user: 'ubuntu',
      knownHosts: './known_hosts',
    });
  });

  it('names as candidates the first five worker nodes that are no control-plane nodes', () => {
    const text = edited((s) => {
      delete s.failover.candidates;
      for (let i = 4; i <= 9; i += 1)
        s.hosts.push({ name: `worker-${i}`, address: `10.0.0.5${i}`, roles: ['worker'] });
      s.hosts[6].roles.push('worker');
    });
    expect(clusterOf(text).failover.candidates).toEqual([
      'worker-1',
      'worker-2',
      'worker-3',
      'worker-4',
      'worker-5',
    ]);
  });

  it('derives two router ids from name and addresses, and keeps those that are given', () => {
    const { internal, external } = ownLoadBalancer(exampleCluster('twelve-hosts')) ?? {};
    expect(internal?.routerId).toBeGreaterThan(0);
    expect(external?.routerId).toBeLessThan(256);
    expect(internal?.routerId).not.toBe(external?.routerId);
    const taken = ownLoadBalancer(
      clusterOf(edited((s) => (s.loadBalancer.external.routerId = internal?.routerId))),
    );
    expect(taken?.external?.routerId).toBe(internal?.routerId);
    expect(taken?.internal.routerId).not.toBe(internal?.routerId);
  });

  it('merges a host’s own ssh over the spec’s, and leads all but bastions through the bastion', () => {
    const { hosts } = clusterOf(
      edited((s) => (s.hosts[4].ssh = { port: 2222, user: 'First.Last', sudo: { passwordFile: 'p' } })),
    );
    expect(hosts[4]?.ssh).toMatchObject({
      port: 2222,
      user: 'First.Last',
      sudoPasswordFile: 'p',
      via: { name: 'bastion-1', port: 22 },
    });
    expect(hosts[0]?.ssh.via).toBeUndefined();
  });

  it('wants no password for sudo of root', () => {
    const { hosts } = clusterOf(
      edited((s) => {
        s.ssh.sudo = { passwordFile: 'p' };
        s.hosts[4].ssh = { user: 'root' };
      }),
    );
    expect(hosts[3]?.ssh.sudoPasswordFile).toBe('p');
    expect(hosts[4]?.ssh).not.toHaveProperty('sudoPasswordFile');
  });

  it('resolves every path by the caller’s word, and leaves URLs alone', () => {
    const text = edited((s) => {
      s.ssh.sudo = { passwordFile: 'sudo' };
      s.kubespray = {
        source: './kubespray',
        vars: { a: { fromFile: 'a.txt' }, b: [{ c: { fromFile: 'c.txt' } }] },
      };
      s.storage.nfs.chart = { source: 'https://charts.example/nfs.tgz' };
    });
    const parsed = parseSpec(text, 'spec.yaml', { resolvePath: (path) => `/at/${path}` });
    if ('errors' in parsed) throw new Error('sound');
    const { hosts, kubespray, storage } = parsed.cluster;
    expect(hosts[1]?.ssh).toMatchObject({
      identityFile: '/at/~/.ssh/id_ed25519',
      knownHosts: '/at/./known_hosts',
      sudoPasswordFile: '/at/sudo',
    });
    expect(kubespray).toMatchObject({
      source: '/at/./kubespray',
      vars: { a: { fromFile: '/at/a.txt' }, b: [{ c: { fromFile: '/at/c.txt' } }] },
    });
    expect(storage?.nfs.chart?.source).toBe('https://charts.example/nfs.tgz');
  });

  it('is plain JSON: nothing is lost on its way through Temporal', () => {
    const cluster = exampleCluster('twelve-hosts');
    expect(JSON.parse(JSON.stringify(cluster))).toEqual(cluster);
  });
});
