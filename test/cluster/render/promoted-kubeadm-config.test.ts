import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { expect, it } from 'vitest';
import { volumesReadOf } from '../../../cluster/control-plane-volumes.ts';
import { controlPlaneImagesOf, kubernetesVersionOf } from '../../../cluster/control-plane-images.ts';
import { promotedKubeadmConfig } from '../../../cluster/render/promoted-kubeadm-config.ts';

const backedUp = readFileSync(new URL('golden/kubeadm-config-master-1.yaml', import.meta.url), 'utf8');
const host = { name: 'worker-1', address: '10.0.0.41' };
const documentOf = (text: string, kind: string) =>
  (loadAll(text) as { kind: string; [key: string]: unknown }[]).find((one) => one.kind === kind);

it('makes a lost node’s configuration the promoted one’s', async () => {
  await expect(promotedKubeadmConfig(backedUp, host)).toMatchFileSnapshot(
    'golden/kubeadm-config-promoted.yaml',
  );
});

it('advertises the host’s own address, and names every other in its certificate', () => {
  const made = promotedKubeadmConfig(backedUp, { ...host, others: ['172.16.0.41', '172.20.0.41'] });
  expect(documentOf(made, 'InitConfiguration')?.localAPIEndpoint).toMatchObject({
    advertiseAddress: '10.0.0.41',
  });
  const { certSANs } = documentOf(made, 'ClusterConfiguration')?.apiServer as { certSANs: string[] };
  expect(certSANs.slice(-3)).toEqual(['10.0.0.41', '172.16.0.41', '172.20.0.41']);
});

it('leaves tokens, keys and what kubeadm init refuses behind', () => {
  const made = promotedKubeadmConfig(backedUp, host);
  for (const gone of ['abcdef.0123456789abcdef', 'certificateKey', 'UpgradeConfiguration', 'master-1.pem'])
    expect(made).not.toContain(gone);
});

it('leaves every setting alone that is not the lost node’s own', () => {
  const before = documentOf(backedUp, 'ClusterConfiguration');
  const after = documentOf(promotedKubeadmConfig(backedUp, host), 'ClusterConfiguration');
  const own = { etcd: 0, apiServer: 0 };
  expect({ ...after, ...own }).toEqual({ ...before, ...own });
  const { extraVolumes } = before?.apiServer as { extraVolumes: unknown };
  expect(after?.apiServer).toMatchObject({ extraVolumes });
});

it('is made anew from itself without a change', () => {
  const made = promotedKubeadmConfig(backedUp, host);
  expect(promotedKubeadmConfig(made, host)).toBe(made);
});

it('gives no document a name that it had none of', () => {
  const nameless = `kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: 10.0.0.31 }
nodeRegistration: { kubeletExtraArgs: [] }
---
kind: ClusterConfiguration
etcd: { external: { endpoints: [https://10.0.0.21:2379] } }
---
kind: KubeletConfiguration
`;
  expect(documentOf(promotedKubeadmConfig(nameless, host), 'KubeletConfiguration')).toEqual({
    kind: 'KubeletConfiguration',
  });
});

it('knows the arguments of v1beta3, which are a mapping', () => {
  const old = `apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: 10.0.0.31 }
nodeRegistration: { name: master-1, kubeletExtraArgs: { node-ip: 10.0.0.31 } }
---
kind: ClusterConfiguration
etcd: { external: { endpoints: [https://10.0.0.21:2379] } }
apiServer: { extraArgs: { advertise-address: 10.0.0.31, profiling: "false" } }
`;
  const made = promotedKubeadmConfig(old, host);
  expect(documentOf(made, 'InitConfiguration')).toMatchObject({
    nodeRegistration: { kubeletExtraArgs: { 'node-ip': '10.0.0.41' } },
  });
  expect(documentOf(made, 'ClusterConfiguration')).toMatchObject({
    apiServer: { extraArgs: { 'advertise-address': '10.0.0.41', profiling: 'false' } },
  });
});

it.each([
  ['is not YAML', ': {', 'kubeadm-config.yaml is not YAML'],
  [
    'holds no InitConfiguration',
    'kind: ClusterConfiguration',
    'kubeadm-config.yaml holds no InitConfiguration',
  ],
  [
    'keeps etcd on the control plane itself',
    'kind: InitConfiguration\n---\nkind: ClusterConfiguration\netcd: { local: {} }',
    'kubeadm-config.yaml names no external etcd: it was lost with the control plane',
  ],
])('refuses a configuration that %s', (_, text, why) => {
  expect(() => promotedKubeadmConfig(text, host)).toThrow(new RangeError(why));
});

it('tells what the control plane reads on its host, but for what the system brings and what it writes', () => {
  const volumes = (part: string, ...given: object[]) =>
    `${part}: ${JSON.stringify({ extraVolumes: given })}\n`;
  const text = `kind: ClusterConfiguration
${volumes(
  'apiServer',
  { hostPath: '/etc/company/oidc.pem' },
  { hostPath: '/opt/webhook/', readOnly: true },
  { hostPath: '/usr/share/ca-certificates', readOnly: true },
  { hostPath: '/etc/pki/tls', readOnly: true },
  { hostPath: '/var/log/audit', readOnly: false },
  { hostPath: '/var/lib/plugins' },
  { hostPath: '/etc/made', pathType: 'DirectoryOrCreate' },
)}${volumes('scheduler', { hostPath: '/etc/company/oidc.pem' })}controllerManager: { extraVolumes: none }`;
  expect(volumesReadOf(text)).toEqual(['/etc/company/oidc.pem', '/opt/webhook']);
});

it('tells the images that kubeadm will name, and the version', () => {
  expect(controlPlaneImagesOf(backedUp)).toEqual([
    'registry.k8s.io/kube-apiserver:v1.34.4',
    'registry.k8s.io/kube-controller-manager:v1.34.4',
    'registry.k8s.io/kube-scheduler:v1.34.4',
  ]);
  expect(kubernetesVersionOf(backedUp)).toBe('1.34.4');
});
