import type { LooseSpec } from '../../cluster/edited.ts';

export interface Topology {
  /** Of the cluster, at most 10 characters. */
  readonly name: string;
  readonly title: string;
  /** Third number of its subnet, 10.75.N.0/24. */
  readonly subnet: number;
  readonly spec: LooseSpec;
  /** What the lab's hosts run. */
  readonly debian: '12' | '13';
  /** The spec's load balancer is made by the story, on the machine itself. */
  readonly balancer?: { readonly port: number; readonly backends: readonly string[] };
}

/** More of a spec; `own`: more of single hosts. */
type More = Record<string, unknown> & {
  readonly own?: Record<string, object>;
  readonly debian?: Topology['debian'];
};

type Host = readonly [name: string, ...roles: readonly string[]];

/** Each part on a host of its own, two of those that stand in for each other. */
const seven: readonly Host[] = [
  ['bastion-1', 'bastion'],
  ['lb-1', 'load-balancer'],
  ['lb-2', 'load-balancer'],
  ['etcd-1', 'etcd'],
  ['master-1', 'control-plane'],
  ['worker-1', 'worker'],
  ['worker-2', 'worker'],
];

/** Files that a spec names: a password for sudo, a recipient of backups. */
export interface Made {
  readonly recipient: string;
  readonly sudoPassword: string;
}

export function topologies({ recipient, sudoPassword }: Made): readonly Topology[] {
  const topology = (
    subnet: number,
    name: string,
    title: string,
    hosts: readonly Host[],
    accepted: readonly string[],
    more: (at: (last: number) => string) => More,
    balancer?: Topology['balancer'],
  ): Topology => {
    const at = (last: number) => `10.75.${subnet}.${last}`;
    const { own = {}, debian = '12', ...rest } = more(at);
    return {
      ...{ name, title, subnet, debian },
      spec: {
        cluster: name,
        ssh: { user: 'ubuntu' },
        hosts: hosts.map(([host, ...roles], n) => ({ name: host, address: at(10 + n), roles, ...own[host] })),
        kubernetes: { version: '1.34.4' },
        backup: { recipients: [recipient] },
        singlePointsOfFailure: accepted,
        ...rest,
      },
      ...(balancer && { balancer }),
    };
  };
  return [
    topology(
      1,
      'stacked',
      'etcd on the control-plane nodes, SSH for the bastion alone',
      [
        ['bastion-1', 'bastion'],
        ['lb-1', 'load-balancer'],
        ['lb-2', 'load-balancer'],
        ['master-1', 'etcd', 'control-plane'],
        ['master-2', 'etcd', 'control-plane'],
        ['master-3', 'etcd', 'control-plane'],
        ['worker-1', 'worker'],
        ['worker-2', 'worker'],
      ],
      ['bastion', 'promotion'],
      (at) => ({ loadBalancer: { internal: { address: at(100) } }, bastion: { exclusive: true } }),
    ),
    topology(
      2,
      'together',
      'three hosts that are load balancer, etcd, control plane and worker node at once',
      [
        ['bastion-1', 'bastion'],
        ['node-1', 'load-balancer', 'etcd', 'control-plane', 'worker'],
        ['node-2', 'load-balancer', 'etcd', 'control-plane', 'worker'],
        ['node-3', 'etcd', 'control-plane', 'worker'],
      ],
      ['bastion', 'promotion'],
      (at) => ({ loadBalancer: { internal: { address: at(100), port: 8443 } } }),
    ),
    topology(
      3,
      'users',
      'no load balancer; root, a user whose sudo asks for a password, another port of SSH',
      [
        ['bastion-1', 'bastion'],
        ['master-1', 'etcd', 'control-plane'],
        ['worker-1', 'worker'],
      ],
      ['bastion', 'load-balancer', 'etcd', 'control-plane', 'worker', 'promotion'],
      () => ({
        own: {
          'master-1': { ssh: { user: 'root', port: 2222 } },
          'worker-1': { ssh: { user: 'first.last', sudo: { passwordFile: sudoPassword } } },
        },
      }),
    ),
    topology(
      4,
      'existing',
      'a load balancer of somebody else',
      [
        ['bastion-1', 'bastion'],
        ['etcd-1', 'etcd'],
        ['master-1', 'control-plane'],
        ['master-2', 'control-plane'],
        ['worker-1', 'worker'],
        ['worker-2', 'worker'],
      ],
      ['bastion', 'load-balancer', 'etcd'],
      (at) => ({ loadBalancer: { existing: true, internal: { address: at(1), port: 8443 } } }),
      { port: 8443, backends: ['master-1', 'master-2', 'worker-1', 'worker-2'] },
    ),
    topology(
      5,
      'addresses',
      'hosts with several addresses, and etcd members of other names',
      seven,
      ['bastion', 'etcd', 'control-plane'],
      (at) => ({
        loadBalancer: { internal: { address: at(100) } },
        own: Object.fromEntries(
          seven.map(([host], n) => [
            host,
            {
              ip: at(30 + n),
              accessIp: at(host === 'worker-1' ? 50 : 30 + n),
              ...(host === 'etcd-1' && { etcdMember: 'etcd1' }),
            },
          ]),
        ),
      }),
    ),
    topology(
      6,
      'debian-13',
      'Debian 13 on every host, with Helm 2 and Tiller',
      seven,
      ['bastion', 'etcd', 'control-plane'],
      (at) => ({ loadBalancer: { internal: { address: at(100) } }, debian: '13', helm: { version: 2 } }),
    ),
  ];
}
