import { describe, expect, test } from 'vitest';
import { load } from 'js-yaml';
import { parseSpec } from '../../cluster/spec/index.ts';
import { demoAddress, demoSpec } from '../../lab/demo-spec.ts';
import { labNetwork } from '../../lab/network.ts';
import { labVars } from '../../lab/offline-vars.ts';
import { labPaths } from '../../lab/paths.ts';
import type { Supplies } from '../../lab/supplies.ts';

const supplies: Supplies = {
  files: '/files',
  registry: () => ({ command: 'registry', args: [] }),
  vars: {
    kube_version: '1.34.4',
    etcd_version: '3.6.10',
    kubeadm_binary_checksum: `sha256:${'b'.repeat(64)}`,
  },
};

const text = demoSpec({
  paths: labPaths('demo'),
  recipient: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  vars: labVars(demoAddress, { cgroupV1: true }, supplies),
  provisioner: {
    chart: { path: 'charts/nfs.tgz', version: '4.0.18', sha256: 'a'.repeat(64) },
    image: { repository: 'nfs-provisioner', tag: 'v1' },
  },
});

describe('the demo’s spec', () => {
  test('is accepted as it stands', () => {
    const parsed = parseSpec(text, 'spec.yaml');
    expect(parsed).toMatchObject({ cluster: { name: 'demo' } });
  });
  test('has twelve hosts, and the lab’s bridge where its variables say', () => {
    const spec = load(text) as { hosts: { name: string; address: string; roles: string[] }[] };
    expect(spec.hosts).toHaveLength(12);
    const hosts = spec.hosts.map((host) => ({ ...host, ssh: { address: host.address } }));
    const cluster = { name: 'demo', hosts } as unknown as Parameters<typeof labNetwork>[0];
    expect(labNetwork(cluster)).toMatchObject({ address: demoAddress, subnet: '10.77.0.0/24' });
  });
  test('takes chart and image of the provisioner from the lab', () => {
    expect(load(text)).toMatchObject({
      storage: {
        nfs: {
          chart: { source: 'http://10.77.0.1:8080/charts/nfs.tgz' },
          image: { repository: '10.77.0.1:5000/nfs-provisioner', tag: 'v1' },
        },
      },
    });
  });
});
