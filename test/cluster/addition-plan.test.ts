/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { additionPlan } from '../../cluster/addition-plan.ts';
import { plan } from '../../cluster/plan.ts';
import type { Plan, Step, StepOf } from '../../cluster/plan-types.ts';
import type { StepId } from '../../cluster/steps.ts';
import { edited } from './edited.ts';
import { clusterOf } from './example.ts';

const cluster = clusterOf(
  edited((spec) => spec.hosts.push({ name: 'worker-4', address: '10.0.0.44', roles: ['worker'] })),
);
const made = additionPlan(cluster, ['worker-4']);
const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);
const hostsOf = (id: StepId) =>
  steps(made)
    .filter((step) => step.id === id)
    .map(({ host }) => host);
const one = <Id extends StepId>(id: Id) => steps(made).find((step) => step.id === id) as StepOf<Id>;

describe('the plan of worker nodes that join', () => {
  it('looks at every host, and prepares the new ones alone', () => {
    expect(hostsOf('gather-facts')).toEqual(cluster.hosts.map(({ name }) => name));
    for (const id of ['check-resources', 'disable-swap', 'install-packages', 'install-nfs-client'] as const)
      expect(hostsOf(id)).toEqual(['worker-4']);
  });

  it('runs scale.yml for them in place of the whole playbook, told all hosts', () => {
    expect(hostsOf('run-kubespray')).toEqual([]);
    expect(one('add-nodes').input.nodes).toEqual(['worker-4']);
    expect(one('add-nodes').input.hosts.map(({ name }) => name)).toContain('master-1');
    // It asks masters and etcd members whether the cluster serves, and candidates whether one is promoted.
    expect(one('add-nodes').others).toEqual(expect.arrayContaining(['master-3', 'etcd-1', 'worker-1']));
  });

  it('tries the connections of the new hosts only, in both directions', () => {
    const { matrix, firewall } = one('check-reachability').input;
    expect(firewall?.nodes).toEqual(['worker-4']);
    expect(matrix.every(({ from, to }) => [...from, ...to].includes('worker-4'))).toBe(true);
    expect(matrix).toContainEqual(expect.objectContaining({ from: ['worker-4'], port: 6443 }));
    expect(matrix).toContainEqual(
      expect.objectContaining({ from: ['bastion-1'], to: ['worker-4'], port: 22 }),
    );
    const pairs = (lines: typeof matrix) =>
      new Set(
        lines.flatMap(({ from, to, port, protocol }) =>
          from.flatMap((a) => to.filter((b) => b !== a).map((b) => `${a} ${b} ${protocol} ${port}`)),
        ),
      );
    const whole = steps(plan(cluster)).find(
      ({ id }) => id === 'check-reachability',
    ) as StepOf<'check-reachability'>;
    const wanted = [...pairs(whole.input.matrix)].filter((pair) =>
      pair.split(' ').slice(0, 2).includes('worker-4'),
    );
    expect(pairs(matrix)).toEqual(new Set(wanted));
  });

  it('touches nothing that serves: no etcd proxy, no backup, no image on a candidate', () => {
    for (const id of ['configure-etcd-proxy', 'backup-pki', 'warm-candidates'] as const)
      expect(hostsOf(id)).toEqual([]);
  });

  it('has the load balancers forward to them, checks all of the cluster, and tells failover', () => {
    expect(one('configure-haproxy').input.workerNodes.map(({ name }) => name)).toContain('worker-4');
    expect(one('check-nodes').input.workerNodes).toContain('worker-4');
    expect(hostsOf('start-failover')).toEqual(['bastion-1']);
  });

  it('waits for no phase that it has not, and for all before one', () => {
    const ids = made.phases.map(({ id }) => id);
    expect(ids).not.toContain('safety');
    expect(made.phases.find(({ id }) => id === 'apps')?.after).toEqual(['access']);
    for (const { after } of made.phases) expect(ids).toEqual(expect.arrayContaining([...after]));
  });
});
