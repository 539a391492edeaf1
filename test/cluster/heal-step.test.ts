import { expect, it } from 'vitest';
import { healStep } from '../../cluster/heal-step.ts';
import { exampleCluster } from './example.ts';

const cluster = exampleCluster('twelve-hosts');
const masters = ['master-1', 'master-2', 'master-3'];

it('heals a host’s own parts on that host', () => {
  expect(healStep(cluster, 'api-server', 'master-2', masters)).toMatchObject({
    id: 'heal-api-server',
    host: 'master-2',
  });
  expect(healStep(cluster, 'etcd', 'etcd-1', masters)).toMatchObject({ id: 'heal-etcd', host: 'etcd-1' });
  expect(healStep(cluster, 'kubelet', 'master-1', masters)).toMatchObject({
    id: 'restart-kubelet',
    host: 'master-1',
  });
  expect(healStep(cluster, 'load-balancer', 'lb-1', masters)).toMatchObject({
    id: 'heal-load-balancer',
    host: 'lb-1',
    input: { loadBalancer: cluster.loadBalancer },
  });
});

it('marks nodes from the bastion, the whole control plane at once: masters with a taint, a promoted worker node without, each with the spec’s labels', () => {
  const labels = { 'topology.kubernetes.io/zone': 'a' };
  const zoned = cluster.hosts.map((host) => (host.name === 'master-2' ? { ...host, labels } : host));
  const marks = (host: string, controlPlane: readonly string[]) =>
    healStep({ ...cluster, hosts: zoned }, 'node-marks', host, controlPlane);
  const tainted = masters.map((name) => ({
    name,
    taint: true,
    labels: name === 'master-2' ? labels : {},
  }));
  expect(marks('master-1', masters)).toMatchObject({
    id: 'mark-control-plane',
    host: 'bastion-1',
    input: { nodes: tainted },
  });
  const nodes = [...tainted, { name: 'worker-1', taint: false, labels: {} }];
  expect(marks('worker-1', [...masters, 'worker-1']).input).toEqual({ nodes });
});

it('leaves a master alone that was given up for good', () => {
  const { input } = healStep(cluster, 'node-marks', 'master-1', ['master-1', 'master-3']);
  expect(input).toMatchObject({ nodes: [{ name: 'master-1' }, { name: 'master-3' }] });
});
