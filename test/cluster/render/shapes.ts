/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call -- edits write what no type allows */
import type { Cluster } from '../../../cluster/cluster.ts';
import { plan } from '../../../cluster/plan.ts';
import { renderGroupVars } from '../../../cluster/render/group-vars.ts';
import { renderInventory } from '../../../cluster/render/inventory.ts';
import { edited, type LooseSpec } from '../edited.ts';
import { clusterOf } from '../example.ts';
import { besideExistingText } from '../existing-load-balancer.ts';
import { severalAddresses } from '../several-addresses.ts';

type Row = readonly [prefix: string, count: number, ...roles: readonly string[]];

/** `count` hosts a row, named PREFIX-N; addresses one after the other. */
const hosts = (...rows: readonly Row[]) =>
  rows
    .flatMap(([prefix, count, ...roles]) =>
      Array.from({ length: count }, (_, n) => ({ name: `${prefix}-${n + 1}`, roles: [...roles] })),
    )
    .map((host, n) => ({ ...host, address: `10.0.${Math.floor(n / 200)}.${(n % 200) + 1}` }));

const ownHosts = (etcd: number, masters: number, workers: number): LooseSpec[] =>
  hosts(
    ['bastion', 2, 'bastion'],
    ['lb', 2, 'load-balancer'],
    ['etcd', etcd, 'etcd'],
    ['master', masters, 'control-plane'],
    ['worker', workers, 'worker'],
  );
const reset = (spec: LooseSpec, accepted: readonly string[]) => {
  delete spec.failover;
  delete spec.storage;
  spec.backup.alsoTo = [];
  spec.loadBalancer &&= { internal: { address: '10.0.9.100' } };
  spec.singlePointsOfFailure = accepted;
};
const shape = (list: LooseSpec[], accepted: readonly string[], more: (spec: LooseSpec) => void = () => {}) =>
  edited((spec) => {
    spec.hosts = list;
    reset(spec, accepted);
    more(spec);
  });

/** Specs of differing shape, each valid, by what sets it apart. */
export const shapes: Readonly<Record<string, string>> = {
  'twelve hosts': edited(() => {}),
  'three hosts, with all that they cannot bear accepted': edited(() => {}, 'small'),
  'etcd on the control-plane nodes': shape(
    hosts(
      ['bastion', 1, 'bastion'],
      ['lb', 2, 'load-balancer'],
      ['master', 3, 'etcd', 'control-plane'],
      ['worker', 2, 'worker'],
    ),
    ['bastion', 'promotion'],
  ),
  'three hosts that are everything but the bastion': shape(
    hosts(['bastion', 1, 'bastion'], ['node', 3, 'load-balancer', 'etcd', 'control-plane', 'worker']),
    ['bastion', 'promotion'],
    (spec) => (spec.loadBalancer.internal.port = 8443),
  ),
  'one control-plane node': shape(ownHosts(3, 1, 2), ['control-plane']),
  'five control-plane nodes and five etcd members': shape(ownHosts(5, 5, 3), []),
  'seven control-plane nodes': shape(ownHosts(3, 7, 2), []),
  'no load balancer': shape(
    hosts(
      ['bastion', 2, 'bastion'],
      ['etcd', 3, 'etcd'],
      ['master', 3, 'control-plane'],
      ['worker', 2, 'worker'],
    ),
    ['load-balancer', 'promotion'],
    (spec) => delete spec.loadBalancer,
  ),
  'other users and ports of SSH, labels, networks, variables': shape(ownHosts(3, 3, 2), [], (spec) => {
    spec.ssh = { user: 'root', port: 2222 };
    spec.hosts[4].ssh = { user: 'etcd_admin', port: 22 };
    Object.assign(spec.hosts.at(-1), { labels: { 'topology.kubernetes.io/zone': 'a', disk: 'yes' } });
    spec.kubernetes = {
      version: '1.35.4',
      podCidr: '172.20.0.0/16',
      serviceCidr: '172.21.0.0/20',
      network: 'calico',
    };
    spec.kubespray.vars = {
      download_run_once: true,
      supplementary_addresses_in_ssl_keys: ['api.example.com'],
      containerd_registries_mirrors: [
        { prefix: 'docker.io', mirrors: [{ host: 'https://mirror.example.com' }] },
      ],
      kube_kubeadm_apiserver_extra_args: { 'event-ttl': '2h' },
      no: 'yes: "quoted"\n{{ kube_version }}',
    };
  }),
  'pods and services with IPv6 addresses too (dual stack)': shape(ownHosts(3, 3, 2), [], (spec) => {
    spec.kubernetes = { version: '1.34.4', ipv6: {} };
    for (const [n, { name }] of hosts(['master', 3], ['worker', 2]).entries())
      spec.hosts.find((host: { name: string }) => host.name === name).ip6 = `fd00:10::${n + 1}`;
  }),
  'hosts with several addresses, and etcd members of other names': severalAddresses(),
  'a load balancer of somebody else': besideExistingText(),
  'two hundred worker nodes': shape(ownHosts(3, 3, 200), [], (spec) => {
    spec.kubernetes = { version: '1.34.4', podCidr: '10.64.0.0/12' };
  }),
};

/** The inventory that write-inventory puts on the bastion of a cluster that does not run yet. */
export function inventoryFiles(
  cluster: Cluster,
): readonly { readonly path: string; readonly content: string }[] {
  const input = plan(cluster)
    .phases.flatMap(({ steps }) => steps)
    .find((step) => step.id === 'write-inventory')?.input;
  if (!input) throw new Error('the plan has no write-inventory');
  return [
    { path: 'hosts.yaml', content: renderInventory(input, []) },
    ...renderGroupVars(input, {}).map(({ path, content }) => ({ path, content })),
  ];
}

export const clusterOfShape = (title: string): Cluster => clusterOf(shapes[title] ?? '');
