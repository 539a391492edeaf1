import { expect, test } from 'vitest';
import { spreadDns } from '../../activities/spread-dns.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const input = { controlPlane: ['m1', 'm2'], workerNodes: ['w1', 'w2'] };
const pods = (...hosts: string[]) => ({
  stdout: JSON.stringify({
    items: hosts.map((host, i) => ({
      metadata: { name: `coredns-${i}`, uid: `${i}` },
      spec: { nodeName: host.replace('!', '') },
      status: { conditions: [{ type: 'Ready', status: host.endsWith('!') ? 'False' : 'True' }] },
    })),
  }),
});
const rule = [
  {
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'DoNotSchedule',
    matchLabelKeys: ['pod-template-hash'],
  },
];
const deployment = (replicas: number, topologySpreadConstraints?: unknown) => ({
  stdout: JSON.stringify({ spec: { replicas, template: { spec: { topologySpreadConstraints } } } }),
});
const bastion = () => fakeHost('bastion-1');
const looks = /get pods -l k8s-app=kube-dns -o json$/;
const deploymentLook = /get deployment coredns -o json$/;
const run = (host: ReturnType<typeof fakeHost>, more: Partial<typeof input> = {}) =>
  callStep(spreadDns, { ...input, ...more }, [host]);

test.each([
  ['two workers', ['w1', 'w2']],
  ['a master and a worker', ['m1', 'w1']],
])('pods on %s are left alone', async (_title, hosts) => {
  expect(await run(bastion().expect(looks, pods(...hosts)))).toMatchObject({ changed: false });
});

test('where every node is a master too, two hosts will do', async () => {
  const host = bastion().expect(looks, pods('m1', 'm2'));
  expect(await run(host, { workerNodes: ['m1', 'm2'] })).toMatchObject({ changed: false });
});

test.each([
  ['both on one master', ['m1', 'm1']],
  ['on masters alone', ['m1', 'm2']],
  ['one not ready', ['w1', 'w2!']],
  ['one pod only', ['w1']],
])('%s: the deployment is told where they belong, and it waits', async (_title, hosts) => {
  const host = bastion()
    .expect(looks, pods(...hosts))
    .expect(deploymentLook, deployment(hosts.length))
    .expect(/patch deployment coredns --type=merge -p .*"replicas":2.*DoNotSchedule/)
    .expect(/rollout status deployment\/coredns/)
    .expect(looks, pods('w1', 'w2'));
  expect(await run(host)).toMatchObject({ changed: true });
  host.verify();
});

test('with the rule in place, the pod that stands badly is moved, and only that one', async () => {
  const spread = bastion()
    .expect(looks, pods('m1', 'm1'))
    .expect(deploymentLook, deployment(2, rule))
    .expect(/delete pod coredns-[01] --wait=true/)
    .expect(/rollout status/)
    .expect(looks, pods('m1', 'w1'));
  expect(await run(spread)).toMatchObject({ changed: true });
  spread.verify();
});

test('while one is on its way, none is moved', async () => {
  const host = bastion()
    .expect(looks, pods('m1', 'w1!'))
    .expect(deploymentLook, deployment(2, rule))
    .expect(/rollout status/)
    .expect(looks, pods('m1', 'w1!'));
  expect(await failureOf(run(host))).toMatchObject({ type: 'NotYet' });
  expect(host.done.join('\n')).not.toContain('delete');
});
