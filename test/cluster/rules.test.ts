/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { check } from '../../cluster/rules.ts';
import { clusterOf, exampleCluster, mistakesOf } from './example.ts';
import { edited } from './edited.ts';
import type { LooseSpec } from './edited.ts';

describe('single points of failure', () => {
  it.each<[string, (spec: LooseSpec) => void]>([
    ['bastion', (s) => s.singlePointsOfFailure.shift()],
    ['nfs', (s) => s.singlePointsOfFailure.pop()],
    ['load-balancer', (s) => s.hosts.splice(2, 1)],
    ['etcd', (s) => (s.hosts.splice(4, 2), (s.backup.alsoTo = []))],
    ['control-plane', (s) => s.hosts.splice(7, 2)],
    ['worker', (s) => (s.hosts.splice(10, 2), (s.failover.candidates = ['worker-1']))],
    ['promotion', (s) => (s.failover.candidates = [])],
  ])('refuses %s without its acceptance, and takes it with it', (component, edit) => {
    const mistakes = mistakesOf(edited(edit));
    expect(mistakes).toEqual([expect.stringContaining(`single point of failure: ${component}: `)]);
    const accepted = edited((spec) => (edit(spec), spec.singlePointsOfFailure.push(component)));
    expect(mistakesOf(accepted)).toEqual([]);
  });

  it('sees that etcd on the control plane’s hosts leaves nothing to promote a worker with', () => {
    const stacked = (accepted: string[]) =>
      edited((s) => {
        s.hosts = s.hosts.filter((host: LooseSpec) => !host.name.startsWith('etcd'));
        for (const host of s.hosts) if (host.name.startsWith('master')) host.roles.push('etcd');
        s.backup.alsoTo = [];
        s.singlePointsOfFailure.push(...accepted);
      });
    expect(mistakesOf(stacked([]))).toEqual([
      expect.stringMatching(/promotion: all masters lost = restore by a person: .* 0 of 3 etcd members/),
    ]);
    expect(mistakesOf(stacked(['promotion']))).toEqual([]);
  });

  it('says what would make a promotion possible', () => {
    const without = edited((s) => {
      s.hosts = s.hosts.filter((host: LooseSpec) => !host.name.startsWith('lb'));
      delete s.loadBalancer;
    });
    expect(mistakesOf(without).join('\n')).toMatch(
      /would find the promoted one; add loadBalancer, or accept it/,
    );
    expect(mistakesOf(edited((s) => (s.failover.candidates = []))).join('\n')).toMatch(/add a candidate, or/);
  });

  it('counts one node as a single place for DNS', () => {
    const one = edited((s) => {
      s.hosts[1].roles.push('worker');
      s.hosts.pop();
    }, 'small');
    expect(mistakesOf(one).join('\n')).toContain('single point of failure: dns');
  });

  it('asks for the acceptance of every component of a cluster without redundancy', () => {
    const bare = mistakesOf(edited((s) => (s.singlePointsOfFailure = []), 'small'));
    expect(bare.map((line) => /failure: ([a-z-]+)/.exec(line)?.[1]).toSorted()).toEqual([
      'bastion',
      'control-plane',
      'etcd',
      'load-balancer',
      'promotion',
      'worker',
    ]);
  });

  it('ends for NFS with the word that the address is replicated', () => {
    const text = edited((s) => {
      s.storage.nfs.replicated = true;
      s.singlePointsOfFailure = ['bastion'];
    });
    expect(mistakesOf(text)).toEqual([]);
  });

  it('only warns of an acceptance that is needed no more', () => {
    const cluster: Cluster = {
      ...exampleCluster('twelve-hosts'),
      singlePointsOfFailure: ['bastion', 'nfs', 'etcd'],
    };
    expect(check(cluster)).toEqual([
      {
        path: ['singlePointsOfFailure', 2],
        message: expect.stringContaining('take it out') as string,
        warning: true,
      },
    ]);
  });
});

describe('the other rules', () => {
  it.each<[string, (spec: LooseSpec) => void, string]>([
    [
      'an even number of etcd members',
      (s) => s.hosts.push({ name: 'etcd-4', address: '10.0.0.24', roles: ['etcd'] }),
      'hosts: 4 etcd members bear no more failures than 3; wanted: an odd number, such as 5',
    ],
    [
      'a name twice',
      (s) => (s.hosts[2].name = 'lb-1'),
      'hosts[2].name: name lb-1 belongs to an earlier host',
    ],
    [
      'an address twice',
      (s) => (s.hosts[2].address = '10.0.0.11'),
      'hosts[2].address: address 10.0.0.11 belongs to lb-1',
    ],
    [
      'an interface’s address twice',
      (s) => Object.assign(s.hosts[2], { address: '172.16.0.12', ip: '10.0.0.11' }),
      'hosts[2].ip: ip 10.0.0.11 belongs to lb-1 already; wanted: one of its own',
    ],
    [
      'an address that another host is reached by',
      (s) => ((s.hosts[1].accessIp = '172.20.0.1'), (s.hosts[2].accessIp = '172.20.0.1')),
      'hosts[2].accessIp: accessIp 172.20.0.1 belongs to lb-1',
    ],
    [
      'an address for SSH that another host holds',
      (s) => Object.assign(s.hosts[2], { address: '10.0.0.11', ip: '10.0.0.12' }),
      'hosts[2].address: address 10.0.0.11 belongs to lb-1',
    ],
    [
      'an interface’s address of another form',
      (s) => (s.hosts[2].ip = '10.0.0.12/24'),
      'hosts[2].ip: got "10.0.0.12/24"; wanted: an IPv4 address of one host',
    ],
    [
      'pods among interfaces',
      (s) => (s.hosts[2].ip = '10.233.64.9'),
      'kubernetes.podCidr: 10.233.64.0/18 holds 10.233.64.9 (lb-2)',
    ],
    [
      'a virtual address that reaches a host',
      (s) => (s.hosts[11].accessIp = '10.0.0.101'),
      'loadBalancer.external.address: 10.0.0.101 is the host worker-3',
    ],
    [
      'a virtual address that SSH reaches a host at',
      (s) => Object.assign(s.hosts[11], { address: '10.0.0.100', ip: '10.0.0.43' }),
      'loadBalancer.internal.address: 10.0.0.100 is the host worker-3',
    ],
    [
      'a member’s name twice',
      (s) => ((s.hosts[3].etcdMember = 'etcd1'), (s.hosts[4].etcdMember = 'etcd1')),
      'hosts[4].etcdMember: etcd1 is the member of etcd-1; wanted: one of its own',
    ],
    [
      'a member’s name that is another’s host name',
      (s) => (s.hosts[3].etcdMember = 'etcd-2'),
      'hosts[3].etcdMember: etcd-2 is the member of etcd-2; wanted: one of its own',
    ],
    [
      'a member’s name of a host that is none',
      (s) => (s.hosts[11].etcdMember = 'worker-3'),
      'hosts[11].etcdMember: worker-3 has not the role etcd; wanted: the role, or no etcdMember',
    ],
    [
      'a member’s name that etcd’s settings cannot hold',
      (s) => (s.hosts[3].etcdMember = 'etcd=1'),
      'hosts[3].etcdMember: got "etcd=1"; wanted: a member’s name',
    ],
    ['no bastion', (s) => (s.hosts[0].roles = ['worker']), 'hosts: no host has the role bastion'],
    [
      'an unknown candidate',
      (s) => (s.failover.candidates = ['worker-7']),
      'failover.candidates[0]: no host is called worker-7; wanted: one of worker-1, worker-2, worker-3',
    ],
    [
      'a candidate that is no worker node',
      (s) => (s.failover.candidates = ['etcd-1']),
      'etcd-1 is no worker node',
    ],
    [
      'a candidate that is a control-plane node',
      (s) => (s.failover.candidates = ['master-1']),
      'master-1 is a control-plane node already',
    ],
    [
      'a candidate twice',
      (s) => (s.failover.candidates = ['worker-1', 'worker-1']),
      'candidates[1]: worker-1 stands here twice',
    ],
    [
      'pods among services',
      (s) => (s.kubernetes.serviceCidr = '10.233.64.0/20'),
      'kubernetes.serviceCidr: 10.233.64.0/20 overlaps podCidr',
    ],
    [
      'pods among hosts',
      (s) => (s.kubernetes.podCidr = '10.0.0.0/16'),
      'kubernetes.podCidr: 10.0.0.0/16 holds 10.0.0.5 (bastion-1) and 14 more',
    ],
    [
      'more nodes than networks for their pods',
      (s) => (s.kubernetes.podCidr = '10.233.64.0/22'),
      'kubernetes.podCidr: 10.233.64.0/22 has room for 4 nodes (a /24 each), and there are 6',
    ],
    [
      'a network for pods that is smaller than a node’s',
      (s) => (s.kubernetes.podCidr = '10.233.64.0/25'),
      'has room for 0 nodes',
    ],
    [
      'more pods a node than addresses',
      (s) => (s.kubespray.vars = { kubelet_max_pods: 255 }),
      'kubespray.vars.kubelet_max_pods: 255 pods a node, and a /24 has 254 addresses',
    ],
    [
      'a node’s network with too few addresses for its pods',
      (s) => (s.kubespray.vars = { kube_network_node_prefix: 26 }),
      'kubespray.vars.kube_network_node_prefix: 110 pods a node, and a /26 has 62 addresses',
    ],
    [
      'an NFS server among services',
      (s) => (s.storage.nfs.server = '10.233.0.9'),
      'holds 10.233.0.9 (storage.nfs.server)',
    ],
    [
      'a virtual address that is a host',
      (s) => (s.loadBalancer.external.address = '10.0.0.41'),
      'loadBalancer.external.address: 10.0.0.41 is the host worker-1',
    ],
    [
      'one address for both',
      (s) => (s.loadBalancer.external.address = '10.0.0.100'),
      'loadBalancer.external.address: 10.0.0.100 is the internal address',
    ],
    [
      'one router id for both',
      (s) => ((s.loadBalancer.external.routerId = 7), (s.loadBalancer.internal.routerId = 7)),
      'loadBalancer.external.routerId: 7 is the internal',
    ],
    [
      'a port forwarded twice',
      (s) => s.loadBalancer.external.forward.push({ port: 443, nodePort: 30444 }),
      'forward[1].port: 443 is forwarded already',
    ],
    [
      'a forwarded port that is apiPort',
      (s) => Object.assign(s.loadBalancer.external, { apiPort: 443, apiAllow: ['10.1.0.0/16'] }),
      'forward[0].port: 443 is apiPort',
    ],
    [
      'apiPort for nobody',
      (s) => (s.loadBalancer.external.apiPort = 6443),
      'loadBalancer.external.apiPort: the API towards outside without saying for whom',
    ],
    [
      'apiAllow for nothing',
      (s) => (s.loadBalancer.external.apiAllow = ['10.1.0.0/16']),
      'loadBalancer.external.apiAllow: allows networks to reach no port',
    ],
    [
      'a loadBalancer without hosts',
      (s) => s.hosts.splice(1, 2),
      'loadBalancer: no host has the role load-balancer',
    ],
    [
      'a load balancer whose port the API server takes',
      (s) => s.hosts[1].roles.push('control-plane'),
      'loadBalancer.internal.port: 6443 is taken by the API server on lb-1',
    ],
    ['backups to nobody', (s) => (s.backup.alsoTo = ['nas']), 'backup.alsoTo[0]: no host is called nas'],
    [
      'a storage server that is no host',
      (s) => (s.storage.nfs.server = 'nas'),
      'storage.nfs.server: no host is called nas',
    ],
    [
      'a storage host without the role',
      (s) => (s.storage.nfs.server = 'worker-1'),
      'worker-1 has not the role nfs-server',
    ],
    [
      'an idle nfs-server',
      (s) => s.hosts[3].roles.push('nfs-server'),
      'hosts[3].roles: role nfs-server, but',
    ],
    [
      'a Kubernetes too new for its Kubespray',
      (s) => (s.kubernetes.version = '1.36.0'),
      'kubernetes.version: got 1.36.0; Kubespray v2.31.0 installs Kubernetes 1.33.0 to 1.33.11, 1.34.0 to 1.34.7, 1.35.0 to 1.35.4; wanted: one of these; of the releases that holdfast knows, up to v2.31.0, none installs 1.36.0',
    ],
    [
      'a patch of Kubernetes that its Kubespray has no checksum for',
      (s) => (s.kubernetes.version = '1.35.5'),
      'kubernetes.version: got 1.35.5; Kubespray v2.31.0 installs',
    ],
    [
      'a Kubernetes that another Kubespray installs',
      (s) => (s.kubernetes.version = '1.31.2'),
      'wanted: one of these, or kubespray.version: v2.29.1 (1.31.0 to 1.31.14, 1.32.0 to 1.32.10, 1.33.0 to 1.33.7)',
    ],
    [
      'an etcd that its Kubespray has no checksum for',
      (s) => (s.kubespray.vars = { etcd_version: '3.6.11' }),
      'kubespray.vars.etcd_version: got 3.6.11; Kubespray v2.31.0 has checksums of etcd up to 3.5.29 and 3.6.10; wanted: one of these, or leave it out',
    ],
    ['a Kubespray too old', (s) => (s.kubespray.version = 'v2.23.0'), 'older than v2.28.0'],
  ])('refuse %s', (_, edit, message) => {
    expect(mistakesOf(edited(edit)).join('\n')).toContain(message);
  });

  it('take members whose names have changed places, and one that is called as its host is', () => {
    const swapped = edited((s) => {
      s.hosts[3].etcdMember = 'etcd-2';
      s.hosts[4].etcdMember = 'etcd-1';
      s.hosts[5].etcdMember = 'etcd-3';
    });
    expect(mistakesOf(swapped)).toEqual([]);
    expect(clusterOf(swapped).hosts[5]).not.toHaveProperty('etcdMember');
  });

  it('take addresses of a host that are one, under whichever keys', () => {
    const one = edited((s) => Object.assign(s.hosts[2], { ip: '10.0.0.12', accessIp: '10.0.0.12' }));
    expect(mistakesOf(one)).toEqual([]);
    const back = edited((s) =>
      Object.assign(s.hosts[2], { address: '172.16.0.12', ip: '10.0.0.12', accessIp: '172.16.0.12' }),
    );
    expect(mistakesOf(back)).toEqual([]);
  });

  it('judge what is sound beside what is not, and count hosts as the file does', () => {
    const mistakes = mistakesOf(
      edited((s) => {
        s.hosts[1].roles = ['nonsense'];
        s.hosts[5].address = '10.0.0.21';
        s.kubernetes.version = 'latest';
        s.kubernetes.serviceCidr = s.kubernetes.podCidr;
      }),
    );
    expect(mistakes.map((line) => line.split(' ')[1])).toEqual([
      'hosts[1].roles[0]:',
      'hosts[5].address:',
      'kubernetes.version:',
      'kubernetes.serviceCidr:',
    ]);
  });

  it('take another port for a load balancer beside an API server', () => {
    const text = edited((s) => {
      s.hosts[1].roles.push('control-plane');
      s.loadBalancer.internal.port = 8443;
    });
    expect(clusterOf(text).loadBalancer?.internal.port).toBe(8443);
  });
});
