/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../cluster/plan-types.ts';
import { resetPlan } from '../../cluster/reset-plan.ts';
import { edited } from './edited.ts';
import { clusterOf, exampleCluster } from './example.ts';

const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);

describe('the plan of a reset', () => {
  const plan = resetPlan(exampleCluster('twelve-hosts'));

  it('lets nothing watch any more before anything is wiped, and backs up before that', () => {
    expect(plan.phases.map(({ id, after }) => `${id} after ${after.join()}`)).toEqual([
      'connect after ',
      'safety after connect',
      'release after safety',
      'bastion after release',
      'reset after bastion',
      'tidy after reset',
    ]);
  });

  it('asks for a new backup, and asks nobody where there is none to be had', () => {
    const [etcd, pki] = steps(plan).filter(({ id }) => id.startsWith('backup-'));
    expect(etcd).toMatchObject({ optional: true, input: { freshMinutes: 0 } });
    expect(pki).toMatchObject({ id: 'backup-pki', optional: true });
  });

  it('asks every host of Kubernetes and etcd whether it is wiped, and no other', () => {
    const wipe = steps(plan).find(({ id }) => id === 'reset-hosts');
    expect(wipe?.others).toHaveLength(9);
    expect(wipe?.others).not.toContain('lb-1');
  });

  it('takes away what stood beside Kubernetes: load balancers, and the proxies of masters and candidates', () => {
    const hostsOf = (id: string) =>
      steps(plan)
        .filter((step) => step.id === id)
        .map(({ host }) => host);
    expect(hostsOf('stop-load-balancer')).toEqual(['lb-1', 'lb-2']);
    expect(hostsOf('remove-etcd-proxy')).toEqual([
      'master-1',
      'master-2',
      'master-3',
      'worker-1',
      'worker-2',
    ]);
  });

  it.each(['remove-kubeconfig', 'remove-inventory'] as const)('has %s on every bastion', (step) => {
    const two = clusterOf(
      edited((spec) => spec.hosts.push({ name: 'bastion-2', address: '10.0.0.19', roles: ['bastion'] })),
    );
    const removed = steps(resetPlan(two)).filter(({ id }) => id === step);
    expect(removed.map(({ host }) => host)).toEqual(['bastion-1', 'bastion-2']);
  });

  it('of a cluster without load balancers has none to stop', () => {
    const small = resetPlan(exampleCluster('small'));
    expect(steps(small).filter(({ id }) => id === 'stop-load-balancer')).toEqual([]);
  });
});
