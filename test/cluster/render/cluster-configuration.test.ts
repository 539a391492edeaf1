import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { clusterConfigurationOf } from '../../../cluster/render/cluster-configuration.ts';
import { promotedKubeadmConfig } from '../../../cluster/render/promoted-kubeadm-config.ts';

const file = (args: string) => `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens: [{ token: abcdef.0123456789abcdef }]
localAPIEndpoint: { advertiseAddress: 10.0.0.31 }
nodeRegistration: { name: master-1 }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.4
apiServer: { certSANs: [master-1], extraArgs: ${args} }
scheduler: {}
etcd:
  external:
    endpoints: [https://10.0.0.21:2379]
    certFile: /etc/ssl/etcd/ssl/node-master-1.pem
    keyFile: /etc/ssl/etcd/ssl/node-master-1-key.pem
`;
const list = '[{ name: bind-address, value: 10.0.0.31 }, { name: anonymous-auth, value: "true" }]';
const map = '{ bind-address: 10.0.0.31, anonymous-auth: "true" }';
/** As a promotion uploads it. */
const promoted = (args: string) =>
  promotedKubeadmConfig(file(args), { name: 'worker-1', address: '10.0.0.41' }).split('---\n')[1]!;

it.each([list, map])('certificate and addresses are the control-plane node’s again: %s', (args) => {
  const text = clusterConfigurationOf(promoted(args), file(args))!;
  expect(load(text)).toMatchObject({
    kubernetesVersion: 'v1.34.4',
    apiServer: {
      certSANs: ['master-1', 'worker-1', '10.0.0.41'],
      extraArgs: load(args) as object,
    },
    etcd: {
      external: {
        endpoints: ['https://10.0.0.21:2379'],
        certFile: '/etc/ssl/etcd/ssl/node-master-1.pem',
        keyFile: '/etc/ssl/etcd/ssl/node-master-1-key.pem',
      },
    },
  });
  expect(text).not.toContain('abcdef');
  expect(clusterConfigurationOf(text, file(args))).toBeUndefined();
});

it('an argument that the control-plane node does not set stays as it is', () => {
  const text = clusterConfigurationOf(promoted(list), file('[]'))!;
  expect(load(text)).toMatchObject({ apiServer: { extraArgs: [{ value: '10.0.0.41' }, { value: 'true' }] } });
});

it('says what is lacking', () => {
  expect(() => clusterConfigurationOf('', file(list))).toThrow('holds no ClusterConfiguration');
  const without = file(list).replace(/^ *certFile.*\n/m, '');
  expect(() => clusterConfigurationOf(promoted(list), without)).toThrow('names no certificate');
});
