import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import { afterAll } from 'vitest';
import { backupPki } from '../../activities/backup-pki.ts';
import type { Host } from '../../hosts/host.ts';
import { callStep } from './call-step.ts';
import type { LocalHost } from './local-host.ts';

export const put = (host: LocalHost, path: string, content: string | Buffer, mode = 0o600) => {
  mkdirSync(dirname(host.path(path)), { recursive: true });
  writeFileSync(host.path(path), content, { mode });
};

export const kubeadmConfig = (version = '1.34.4') => `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: 10.0.0.31 }
nodeRegistration: { name: master-1 }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v${version}
imageRepository: registry.example
etcd: { external: { endpoints: [https://10.0.0.21:2379], caFile: /etc/ssl/etcd/ssl/ca.pem } }
`;

/** A certificate authority with its key, as kubeadm makes one but for the kind of key. */
export async function makeAuthority(host: LocalHost, path: string, name: string, days = 3650): Promise<void> {
  put(host, `${path}.key`, '');
  const files = ['-keyout', host.path(`${path}.key`), '-out', host.path(`${path}.crt`)];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await execa('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, '-days', String(days), ...files]);
}

/** What a control-plane node has that Kubespray made, with keys that fit. */
export async function makeControlPlane(host: LocalHost): Promise<void> {
  await makeAuthority(host, '/etc/kubernetes/ssl/ca', 'kubernetes');
  await makeAuthority(host, '/etc/kubernetes/ssl/front-proxy-ca', 'front-proxy-ca');
  const ssl = host.path('/etc/kubernetes/ssl');
  await execa('openssl', [
    ...['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${ssl}/sa.key`],
  ]);
  await execa('openssl', ['pkey', '-in', `${ssl}/sa.key`, '-pubout', '-out', `${ssl}/sa.pub`]);
  put(host, '/etc/kubernetes/kubeadm-config.yaml', kubeadmConfig(), 0o640);
  put(host, '/etc/kubernetes/ssl/secrets_encryption.yaml', 'kind: EncryptionConfiguration', 0o640);
  put(host, '/etc/kubernetes/audit-policy/policy.yaml', 'kind: Policy', 0o644);
}

/** A worker node of the cluster whose control-plane node this is. */
export function makeWorkerNode(host: LocalHost, master: LocalHost): void {
  put(host, '/etc/kubernetes/ssl/ca.crt', readFileSync(master.path('/etc/kubernetes/ssl/ca.crt')), 0o644);
  put(host, '/etc/kubernetes/kubelet.conf', 'the kubelet’s own');
  mkdirSync(host.path('/run/'), { recursive: true });
}

export interface Identity {
  readonly localFiles: Readonly<Record<string, string>>;
  readonly backupIdentity: string;
  readonly recipient: string;
}

export async function makeIdentity(): Promise<Identity> {
  const identity = await generateX25519Identity();
  return {
    localFiles: { '/key': `# created: today\n${identity}\n` },
    backupIdentity: '/key',
    recipient: await identityToRecipient(identity),
  };
}

/** As bring-up makes it, on the bastion and on one place more. */
export async function backUp(bastion: Host, master: Host, place: Host, recipient: string): Promise<void> {
  const input = { controlPlane: [master.name], keep: 5, recipients: [recipient], alsoTo: [place.name] };
  await callStep(backupPki, input, [bastion, master, place]);
}

/** Programs that stand in for those of a node, found before all others for the rest of the test file. */
export function standIns(folder: string, programs: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(programs))
    writeFileSync(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const before = process.env.PATH;
  if (before?.startsWith(`${folder}:`)) return;
  process.env.PATH = `${folder}:${before}`;
  afterAll(() => {
    process.env.PATH = before;
  });
}
