import { expect, test } from 'vitest';
import { openCandidates } from '../../../cluster/failover/situation.ts';
import { exampleCluster } from '../example.ts';

const nobody = { promoted: [], forgotten: [], joining: [], halfDemoted: [] };
const names = (spec: ReturnType<typeof exampleCluster>) =>
  openCandidates(spec, nobody).map(({ name }) => name);

test('without a load balancer nobody may be promoted: no node would find the promoted one', () => {
  const spec = exampleCluster('twelve-hosts');
  expect(names(spec)).toEqual(['worker-1', 'worker-2']);
  delete (spec as { loadBalancer?: unknown }).loadBalancer;
  expect(names(spec)).toEqual([]);
});
