import { dump, load } from 'js-yaml';
import { expect, it } from 'vitest';
import { handBackKubeadmConfig } from '../../activities/hand-back-kubeadm-config.ts';
import { HostError } from '../../hosts/errors.ts';
import { type FakeAnswer, fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const configuration = (name: string) => ({
  kind: 'ClusterConfiguration',
  kubernetesVersion: 'v1.34.4',
  etcd: {
    external: {
      endpoints: ['https://10.0.0.21:2379'],
      certFile: `/etc/ssl/etcd/ssl/node-${name}.pem`,
      keyFile: `/etc/ssl/etcd/ssl/node-${name}-key.pem`,
    },
  },
});
const file = (name: string): FakeAnswer => ({
  stdout: `kind: InitConfiguration\ncertificateKey: secret\n---\n${dump(configuration(name))}`,
});
const master = (name: string, answer = file(name)) =>
  fakeHost(name).on('cat /etc/kubernetes/kubeadm-config.yaml', answer);

/** The ConfigMap names this node's certificate. */
function bastion(name: string, obeys = true) {
  let now = dump(configuration(name));
  const host = fakeHost('bastion-1')
    .on(/ -n kube-system get configmap kubeadm-config -o json$/, () => ({
      stdout: JSON.stringify({
        metadata: { name: 'kubeadm-config', namespace: 'kube-system', resourceVersion: '7' },
        data: { ClusterConfiguration: now },
      }),
    }))
    .on(/ replace -f -$/, () => {
      const sent = JSON.parse(host.stdins.at(-1) ?? '') as { data: { ClusterConfiguration: string } };
      if (obeys) now = sent.data.ClusterConfiguration;
      return {};
    });
  return host;
}
const input = { controlPlane: ['master-1', 'master-2'] };
const masters = [master('master-1'), master('master-2')];

it('names a master’s certificate again, over the version that was read, and carries no secret', async () => {
  const host = bastion('worker-1');
  expect(await runStep(handBackKubeadmConfig, input, [host, ...masters])).toEqual({
    changed: true,
    summary: 'kubeadm’s configuration is that of master-1 again',
  });
  const sent = JSON.parse(host.stdins[0]!) as {
    metadata: object;
    data: { ClusterConfiguration: string };
  };
  expect(sent.metadata).toMatchObject({ name: 'kubeadm-config', resourceVersion: '7' });
  expect(load(sent.data.ClusterConfiguration)).toEqual(configuration('master-1'));
  expect(host.stdins[0]).not.toContain('secret');
});

it('leaves one alone that is a master’s already', async () => {
  const host = bastion('master-1');
  expect(await runStep(handBackKubeadmConfig, input, [host, ...masters])).toMatchObject({ changed: false });
  expect(host.stdins).toEqual([]);
});

it('asks the next master where one gives no answer', async () => {
  const dead = master('master-1', new HostError('ConnectionLost', 'master-1', 'silent', { next: 'wait' }));
  expect(
    (await runStep(handBackKubeadmConfig, input, [bastion('worker-1'), dead, master('master-2')])).summary,
  ).toContain('master-2');
});

it('is not done before the cluster holds it', async () => {
  await expect(
    runStep(handBackKubeadmConfig, input, [bastion('worker-1', false), ...masters]),
  ).rejects.toMatchObject({ type: 'NotYet' });
});

it('a file that is none of kubeadm’s is a person’s to mend, and is not shown', async () => {
  const broken = master('master-1', { stdout: 'kind: InitConfiguration\ncertificateKey: secret\n' });
  const failure = await failureOf(
    runStep(handBackKubeadmConfig, input, [bastion('worker-1'), broken, master('master-2')]),
  );
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('holds no ClusterConfiguration');
  expect(JSON.stringify([failure.message, failure.detail])).not.toContain('secret');
});
