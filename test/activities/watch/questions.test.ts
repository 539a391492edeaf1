import { expect, test } from 'vitest';
import { etcdQuestion, vantageQuestion } from '../../../activities/watch/questions.ts';
import { watchInput } from '../../../cluster/failover/watch-input.ts';
import { clusterOf, exampleCluster } from '../../cluster/example.ts';
import { severalAddresses } from '../../cluster/several-addresses.ts';

const record = { controlPlane: ['master-1'], candidates: ['worker-3'] };
const several = watchInput(clusterOf(severalAddresses()), record);
const asks = (input: typeof several) => input.vantagePoints.map((point) => vantageQuestion(input, point));

test('SSH is asked by the bastion where the spec says, by the load balancers where they reach the host', () => {
  const [bastion, balancer] = asks(several);
  expect(bastion?.ssh['worker-3']).toEqual(['172.16.0.43', 22]);
  expect(balancer?.ssh['worker-3']).toEqual(['172.20.0.43', 22]);
});

test('the API is asked where all reach it, and a load balancer asks from the address that it holds', () => {
  for (const question of asks(several))
    expect(question.api).toEqual({ 'master-1': '10.0.0.31', 'worker-3': '172.20.0.43' });
  expect(asks(several).map(({ source }) => source)).toEqual([null, '10.0.0.11', '10.0.0.12']);
});

test('members are known by their addresses, and by the names that they have among themselves', () => {
  expect(etcdQuestion(several).names).toEqual({
    '10.0.0.21': 'etcd-1',
    etcd1: 'etcd-1',
    '10.0.0.22': 'etcd-2',
    etcd2: 'etcd-2',
    '10.0.0.23': 'etcd-3',
    '172.20.0.23': 'etcd-3',
    etcd3: 'etcd-3',
  });
  expect(etcdQuestion(watchInput(exampleCluster('twelve-hosts'), record)).names).toEqual({
    '10.0.0.21': 'etcd-1',
    '10.0.0.22': 'etcd-2',
    '10.0.0.23': 'etcd-3',
  });
});
