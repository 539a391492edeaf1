import { describe, expect, it } from 'vitest';
import { demotionPlan } from '../../cluster/demotion-plan.ts';
import type { Demotion } from '../../cluster/failover/demotion-request.ts';
import type { Plan, Step } from '../../cluster/plan-types.ts';
import { exampleCluster } from './example.ts';

const demotion: Demotion = {
  host: 'worker-1',
  serving: ['master-1', 'master-3'],
  reason: 'the masters are back',
  by: 'ann@laptop',
};
const cluster = exampleCluster('twelve-hosts');
const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);
const find = (plan: Plan, id: string) => steps(plan).find((step) => step.id === id);

describe('demotionPlan', () => {
  it('of the twelve hosts is the recorded one', async () => {
    const made = { ...demotionPlan(cluster, demotion), targets: undefined };
    await expect(`${JSON.stringify(made, null, 1)}\n`).toMatchFileSnapshot(
      'golden/demotion-twelve-hosts.json',
    );
  });

  it('asks the others first, and takes the label off when all else of the host is done', () => {
    const plan = demotionPlan(cluster, demotion);
    expect(plan.phases.map(({ id, after, order }) => [id, after, order])).toEqual([
      ['check', [], 'in-order'],
      ['demote', ['check'], 'in-order'],
      ['tidy', ['demote'], 'in-order'],
      ['verify', ['tidy'], 'at-once'],
    ]);
    expect(find(plan, 'check-control-plane')?.input).toEqual({
      controlPlane: ['master-1', 'master-3'],
      needed: 2,
    });
    expect(find(plan, 'stop-control-plane')?.input).toEqual(find(plan, 'check-control-plane')?.input);
    expect(plan.phases[2]?.steps.at(-1)?.id).toBe('unlabel-demoted-node');
  });

  it('changes nothing on load balancers, and needs no master that did not serve', () => {
    for (const { host, others } of steps(demotionPlan(cluster, demotion))) {
      expect(host).not.toMatch(/^lb-/);
      for (const name of [host, ...(others ?? [])]) expect(name).not.toBe('master-2');
    }
  });

  it('takes a certificate for etcd away only where worker nodes have none of their own', () => {
    const keeps = (network: 'flannel' | 'calico' | 'cilium' | 'cni', vars = {}) => {
      const { kubernetes, kubespray } = cluster;
      const other = {
        ...cluster,
        kubernetes: { ...kubernetes, network },
        kubespray: { ...kubespray, vars },
      };
      return find(demotionPlan(other, demotion), 'remove-control-plane-files')?.input;
    };
    expect(keeps('flannel')).toEqual({ keepEtcdClient: true });
    expect(keeps('cilium')).toEqual({ keepEtcdClient: true });
    expect(keeps('calico')).toEqual({ keepEtcdClient: false });
    expect(keeps('calico', { calico_datastore: 'etcd' })).toEqual({ keepEtcdClient: true });
    expect(keeps('cni')).toEqual({ keepEtcdClient: false });
    expect(keeps('cni', { cilium_deploy_additionally: true })).toEqual({ keepEtcdClient: true });
  });

  it('refuses a host that is a control-plane node by its spec, and one that is no worker node', () => {
    for (const host of ['master-1', 'etcd-1', 'nobody'])
      expect(() => demotionPlan(cluster, { ...demotion, host })).toThrow(
        `${host} is by its spec no worker node alone`,
      );
  });
});
