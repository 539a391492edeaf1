import { expect, test } from 'vitest';
import { checkNodes } from '../../activities/check-nodes.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const role = 'node-role.kubernetes.io/control-plane';
const node = (name: string, { ready = 'True', version = '1.34.4', labels = {} } = {}) => ({
  metadata: { name, labels },
  status: {
    conditions: [{ type: 'Ready', status: ready, reason: 'KubeletNotReady', message: 'cni is not there' }],
    nodeInfo: { kubeletVersion: `v${version}` },
  },
});
const master = node('master-1', { labels: { [role]: '' } });
const check = (...items: object[]) =>
  runStep(checkNodes, { controlPlane: ['master-1'], workerNodes: ['worker-1'], version: '1.34.4' }, [
    fakeHost('bastion-1').on(
      'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig --request-timeout=20s get nodes -o json',
      { stdout: JSON.stringify({ items }) },
    ),
  ]);

test('nodes that are Ready, labelled and of the version are as wanted', async () => {
  expect(await check(master, node('worker-1'))).toEqual({
    changed: false,
    summary: '2 nodes Ready, 1 of them control plane, v1.34.4',
  });
});

test.each([
  ['one that is missing', [master], 'worker-1 is no node of the cluster'],
  [
    'one that is not Ready',
    [master, node('worker-1', { ready: 'False' })],
    'worker-1 is not Ready (KubeletNotReady: cni is not there)',
  ],
  [
    'one of which nothing is known',
    [master, node('worker-1', { ready: 'Unknown' })],
    'worker-1 is not Ready',
  ],
  [
    'a kubelet of another version',
    [master, node('worker-1', { version: '1.33.1' })],
    'worker-1 runs kubelet v1.33.1, not v1.34.4',
  ],
  [
    'a control-plane node without its label',
    [node('master-1'), node('worker-1')],
    'master-1 is not labelled control-plane',
  ],
])('%s is named', async (_what, nodes, why) => {
  expect(await failureOf(check(...nodes))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(why) as string,
  });
});

test('all that is wrong is told at once', async () => {
  const { message } = await failureOf(check(node('master-1', { ready: 'False', version: '1.33.1' })));
  expect(message).toMatch(/master-1 is not Ready.*worker-1 is no node.*master-1 is not labelled/);
});
