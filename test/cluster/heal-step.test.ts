import { expect, it } from 'vitest';
import { healStep } from '../../cluster/heal-step.ts';
import { exampleCluster } from './example.ts';

const cluster = exampleCluster('twelve-hosts');

it('heals a host’s own parts on that host', () => {
  expect(healStep(cluster, 'api-server', 'master-2')).toMatchObject({
    id: 'heal-api-server',
    host: 'master-2',
  });
  expect(healStep(cluster, 'etcd', 'etcd-1')).toMatchObject({ id: 'heal-etcd', host: 'etcd-1' });
  expect(healStep(cluster, 'kubelet', 'master-1')).toMatchObject({ id: 'restart-kubelet', host: 'master-1' });
  expect(healStep(cluster, 'load-balancer', 'lb-1')).toMatchObject({
    id: 'heal-load-balancer',
    host: 'lb-1',
    input: { loadBalancer: cluster.loadBalancer },
  });
});

it('marks nodes from the bastion: masters with a taint, a promoted worker node without', () => {
  const marks = (host: string) => healStep(cluster, 'node-marks', host);
  expect(marks('master-1')).toMatchObject({
    id: 'mark-control-plane',
    host: 'bastion-1',
    input: { nodes: [{ name: 'master-1', taint: true }] },
  });
  expect(marks('worker-1').input).toEqual({ nodes: [{ name: 'worker-1', taint: false }] });
});
