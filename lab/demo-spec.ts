import { dump } from 'js-yaml';
import type { Json } from '../cluster/cluster.ts';
import type { LabPaths } from './paths.ts';
import { filePort, registryPort } from './serve.ts';
import type { Supplies } from './supplies.ts';

export const demoCluster = 'demo';
/** The bridge's address that `labNetwork` finds for the demo's hosts. */
export const demoAddress = '10.77.0.1';

export interface DemoSpecInput {
  readonly paths: Pick<LabPaths, 'identityFile' | 'knownHosts' | 'playbook'>;
  /** age recipient of the backups. */
  readonly recipient: string;
  readonly vars: { readonly [key: string]: Json };
  readonly provisioner?: Supplies['provisioner'];
}

/** The text of the twelve-host demo's spec file. */
export function demoSpec({ paths, recipient, vars, provisioner }: DemoSpecInput): string {
  return `# Twelve hosts of the lab: one bastion, two load balancers, three etcd members, three control-plane nodes, three worker nodes.
cluster: ${demoCluster}
ssh: { user: ubuntu, identityFile: ${paths.identityFile}, knownHosts: ${paths.knownHosts} }
hosts:
${hosts().join('\n')}
loadBalancer:
  internal: { address: 10.77.0.100, port: 6443 }
  external:
    address: 10.77.0.101
    forward: [{ port: 443, nodePort: 30443 }]
    apiPort: 6443
    # The machine that the lab runs on, and the bastion: nobody else.
    apiAllow: [${demoAddress}/32, 10.77.0.10/32]
kubernetes: { version: 1.34.4, podCidr: 10.233.64.0/18, serviceCidr: 10.233.0.0/18, network: flannel }
kubespray:
  version: v2.31.0
  # A git repository made from lab/playbook, which stands in where Kubespray's own cannot be cloned.
  source: ${paths.playbook}
  vars:
${indent(dump(vars, { lineWidth: -1 }), 4)}
helm: { version: 3 }
storage:
  nfs:
    server: bastion-1
    path: /srv/nfs
    storageClass: managed-nfs-storage
    default: true
${provisioner ? indent(provisionerOf(provisioner), 4) : ''}
failover: { mode: automatic, candidates: [worker-1, worker-2], confirmFor: 10s }
backup: { every: 6h, keep: 28, recipients: [${recipient}], alsoTo: [etcd-1] }
singlePointsOfFailure: [bastion, nfs]
`.replaceAll(/\n{2,}/g, '\n');
}

function hosts(): string[] {
  const line = (name: string, last: number, roles: string) =>
    `  - { name: ${name}, address: 10.77.0.${last}, roles: [${roles}] }`;
  const group = (name: string, start: number, role: string, count: number) =>
    Array.from({ length: count }, (_, i) => line(`${name}-${i + 1}`, start + i, role));
  return [
    line('bastion-1', 10, 'bastion, nfs-server'),
    ...group('lb', 11, 'load-balancer', 2),
    ...group('etcd', 21, 'etcd', 3),
    ...group('master', 31, 'control-plane', 3),
    ...group('worker', 41, 'worker', 3),
  ];
}

function provisionerOf({ chart, image }: NonNullable<Supplies['provisioner']>): string {
  const source = `http://${demoAddress}:${filePort}/${chart.path}`;
  return dump({
    chart: { source, version: chart.version, sha256: chart.sha256 },
    image: { repository: `${demoAddress}:${registryPort}/${image.repository}`, tag: image.tag },
  });
}

function indent(text: string, by: number): string {
  return text.trimEnd().replaceAll(/^/gm, ' '.repeat(by));
}
