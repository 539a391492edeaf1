import { describe, expect, it } from 'vitest';
import type { Promotion } from '../../cluster/failover/promotion-request.ts';
import type { Plan, Step } from '../../cluster/plan-types.ts';
import { promotionPlan } from '../../cluster/promotion-plan.ts';
import { exampleCluster } from './example.ts';

const masters = ['master-1', 'master-2', 'master-3'];
const allLost: Promotion = {
  candidate: 'worker-1',
  lost: masters,
  controlPlane: masters,
  reason: 'all masters lost',
  by: 'failover',
};
const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);
const find = (plan: Plan, id: string) => steps(plan).find((step) => step.id === id);

describe('promotionPlan', () => {
  it('of the twelve hosts is the recorded one', async () => {
    const made = { ...promotionPlan(exampleCluster('twelve-hosts'), allLost), targets: undefined };
    await expect(`${JSON.stringify(made, null, 1)}\n`).toMatchFileSnapshot(
      'golden/promotion-twelve-hosts.json',
    );
  });

  it('changes nothing before the checks have passed, and tidies up once the API serves', () => {
    const { phases } = promotionPlan(exampleCluster('twelve-hosts'), allLost);
    expect(phases.map(({ id, after }) => [id, after])).toEqual([
      ['check', []],
      ['restore', ['check']],
      ['control-plane', ['restore']],
      ['tidy', ['control-plane']],
      ['verify', ['tidy']],
    ]);
  });

  it('touches the API server’s way alone before it serves: candidate, bastion and etcd', () => {
    const { phases } = promotionPlan(exampleCluster('twelve-hosts'), allLost);
    const hosts = phases.slice(0, 3).flatMap((phase) => phase.steps.map(({ host }) => host));
    expect([...new Set(hosts)].toSorted()).toEqual(['bastion-1', 'worker-1']);
  });

  it('never needs a lost node', () => {
    for (const { host, others } of steps(promotionPlan(exampleCluster('twelve-hosts'), allLost)))
      for (const name of [host, ...(others ?? [])]) expect(masters).not.toContain(name);
  });

  it('leaves nodes alone that are not lost, and asks them for what they have', () => {
    const plan = promotionPlan(exampleCluster('twelve-hosts'), { ...allLost, lost: ['master-2'] });
    expect(find(plan, 'remove-lost-nodes')?.input).toEqual({ lost: ['master-2'] });
    expect(find(plan, 'backup-pki')?.input).toMatchObject({
      controlPlane: ['worker-1', 'master-1', 'master-3'],
    });
  });

  it('is content with one host that answers for DNS, whatever else is lost: the others get theirs back later', () => {
    for (const lost of [masters, masters.slice(0, 1)])
      expect(
        find(promotionPlan(exampleCluster('twelve-hosts'), { ...allLost, lost }), 'check-dns'),
      ).toMatchObject({
        input: { minimumHosts: 1 },
      });
  });

  it('asks nobody about a host that has no part in it', () => {
    const optional = steps(promotionPlan(exampleCluster('twelve-hosts'), allLost)).filter(
      (step) => step.optional,
    );
    expect(optional.map(({ id }) => id)).toEqual(['snapshot-etcd', 'spread-dns', 'warm-candidates']);
  });

  it('refuses a host that is no worker node, and a cluster whose nodes would not find the promoted one', () => {
    const cluster = exampleCluster('twelve-hosts');
    expect(() => promotionPlan(cluster, { ...allLost, candidate: 'etcd-1' })).toThrow(
      'etcd-1 is no worker node',
    );
    const small = exampleCluster('small');
    const alone = { ...allLost, candidate: small.failover.candidates[0] ?? 'worker-1' };
    expect(() => promotionPlan(small, alone)).toThrow('no node would find the promoted one');
  });
});
