/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import type { Plan, Step, StepOf } from '../../cluster/plan-types.ts';
import { removalPlan } from '../../cluster/removal-plan.ts';
import type { StepId } from '../../cluster/steps.ts';
import { edited } from './edited.ts';
import { clusterOf, exampleCluster } from './example.ts';

const next = exampleCluster('twelve-hosts');
const last = clusterOf(
  edited((spec) => spec.hosts.push({ name: 'worker-4', address: '10.0.0.44', roles: ['worker'] })),
);
const planOf = (dead: boolean) => removalPlan({ last, next, nodes: ['worker-4'], dead });
const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);
const all = <Id extends StepId>(plan: Plan, id: Id) =>
  steps(plan).filter((step) => step.id === id) as StepOf<Id>[];
const names = (hosts: readonly { name: string }[]) => hosts.map(({ name }) => name);

describe('the plan of worker nodes that leave', () => {
  it('is told to Kubespray with an inventory that names them, and leaves one that does not', () => {
    const [before, after] = all(planOf(false), 'write-inventory');
    expect(names(before?.input.hosts ?? [])).toContain('worker-4');
    expect(names(after?.input.hosts ?? [])).not.toContain('worker-4');
    expect(all(planOf(false), 'remove-nodes')[0]?.input).toMatchObject({ nodes: ['worker-4'], dead: false });
  });

  it('goes to a host that lives, and lets the bastion in no more in the end', () => {
    const plan = planOf(false);
    expect(names(Object.values(plan.targets))).toContain('worker-4');
    expect(all(plan, 'connect').map(({ host }) => host)).toContain('worker-4');
    expect(all(plan, 'remove-nodes')[0]?.others).toContain('worker-4');
    expect(all(plan, 'distrust-bastion')).toMatchObject([
      { host: 'worker-4', input: { bastions: ['bastion-1'] } },
    ]);
  });

  it('never goes to one that is dead', () => {
    const plan = planOf(true);
    expect(names(Object.values(plan.targets))).not.toContain('worker-4');
    expect(steps(plan).filter(({ host }) => host === 'worker-4')).toEqual([]);
    expect(steps(plan).filter(({ others }) => others?.includes('worker-4'))).toEqual([]);
    expect(all(plan, 'remove-nodes')[0]?.input.dead).toBe(true);
  });

  it('takes them out of the load balancers, checks what is left, and tells failover last', () => {
    const plan = planOf(false);
    expect(names(all(plan, 'configure-haproxy')[0]?.input.workerNodes ?? [])).not.toContain('worker-4');
    expect(all(plan, 'check-nodes')[0]?.input.workerNodes).not.toContain('worker-4');
    expect(plan.phases.map(({ id, after }) => `${id} after ${after.join()}`)).toEqual([
      'connect after ',
      'bastion after connect',
      'remove after bastion',
      'tidy after remove',
      'verify after tidy',
      'keep after verify',
    ]);
  });
});
