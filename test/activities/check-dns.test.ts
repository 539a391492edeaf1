import { expect, test } from 'vitest';
import { checkDns } from '../../activities/check-dns.ts';
import { type FakeAnswer, fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig --request-timeout=20s';
const items = (...of: readonly object[]) => ({ stdout: JSON.stringify({ items: of }) });
const pod = (nodeName: string, status = 'True') => ({
  metadata: { name: `coredns-${nodeName}` },
  spec: { nodeName },
  status: { conditions: [{ type: 'Ready', status }] },
});
const service = { metadata: { name: 'coredns' }, spec: { clusterIP: '10.233.0.3' } };

function bastion(services: readonly object[], pods: readonly object[]) {
  return fakeHost('bastion-1')
    .on(`${kubectl} -n kube-system get service -l k8s-app=kube-dns -o json`, items(...services))
    .on(`${kubectl} -n kube-system get pods -l k8s-app=kube-dns -o json`, items(...pods))
    .on(`${kubectl} get service kubernetes -o json`, {
      stdout: JSON.stringify({ metadata: { name: 'kubernetes' }, spec: { clusterIP: '10.233.0.1' } }),
    });
}
const asks = (name: string, answer: FakeAnswer) => fakeHost(name).on('python3 - 10.233.0.3', answer);
const right = { stdout: '10.233.0.1\n' };
const two = [pod('worker-1'), pod('worker-2')];
const check = (host: ReturnType<typeof bastion>, ...nodes: ReturnType<typeof asks>[]) =>
  runStep(checkDns, { minimumHosts: 2 }, [host, ...nodes]);

test('CoreDNS on two hosts, through which every worker node resolves a service, is as wanted', async () => {
  expect(await check(bastion([service], two), asks('worker-1', right), asks('worker-2', right))).toEqual({
    changed: false,
    summary: 'CoreDNS runs on 2 hosts; 2 nodes resolve a service name through it',
  });
});

test.each([
  ['both on one host', [pod('worker-1'), pod('worker-1')]],
  ['one that is not ready', [pod('worker-1'), pod('worker-2', 'False')]],
])('%s is one host: its loss would take DNS along', async (_what, pods) => {
  expect(await failureOf(check(bastion([service], pods), asks('worker-1', right)))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('CoreDNS is ready on 1 hosts, 2 are wanted') as string,
  });
});

test('a cluster without the service is told so', async () => {
  expect(await failureOf(check(bastion([], two), asks('worker-1', right)))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('no service with the label k8s-app=kube-dns') as string,
  });
});

test.each([
  ['another address', { stdout: '10.233.0.9\n' }, '10.233.0.9'],
  ['no answer', { code: 1, stderr: 'no answer: timed out' }, 'no answer: timed out'],
])('a node that gets %s is named', async (_what, answer, why) => {
  const run = check(bastion([service], two), asks('worker-1', right), asks('worker-2', answer));
  expect(await failureOf(run)).toMatchObject({
    type: 'NotYet',
    message: expect.stringMatching(new RegExp(`from worker-2: ${why}`)) as string,
  });
});
