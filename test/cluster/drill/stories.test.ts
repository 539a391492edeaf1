import { describe, expect, it } from 'vitest';
import type { Cluster, Role } from '../../../cluster/cluster.ts';
import { probeTargets } from '../../../cluster/drill/probe-targets.ts';
import { drillSteps } from '../../../cluster/drill/steps.ts';
import {
  breakageOf,
  drillStories,
  drillTimes,
  drillWords,
  whyNoDrill,
} from '../../../cluster/drill/stories.ts';
import { ownLoadBalancer } from '../../../cluster/hosts-of.ts';
import { exampleCluster } from '../example.ts';
import { besideExisting } from '../existing-load-balancer.ts';

const twelve = exampleCluster('twelve-hosts');
const automatic: Cluster = { ...twelve, failover: { ...twelve.failover, mode: 'automatic' } };
const withRoles = (
  cluster: Cluster,
  edit: (name: string, roles: readonly Role[]) => readonly Role[],
): Cluster => ({
  ...cluster,
  hosts: cluster.hosts.map((host) => ({ ...host, roles: edit(host.name, host.roles) })),
});

describe('a drill', () => {
  it('of every story is allowed on twelve hosts', () => {
    for (const story of drillStories) expect(whyNoDrill(automatic, story), story).toBeUndefined();
  });

  it('is refused where it would break more than it says', () => {
    const stacked = withRoles(automatic, (name, roles) => {
      if (name.startsWith('etcd')) return ['worker'];
      return roles.includes('control-plane') ? ['control-plane', 'etcd'] : roles;
    });
    expect(whyNoDrill(stacked, 'all-masters')).toContain('quorum');
    expect(whyNoDrill(stacked, 'master')).toBeUndefined();
    const alone = withRoles(automatic, (name, roles) => (name.endsWith('-1') ? roles : ['worker']));
    expect(whyNoDrill(alone, 'master')).toContain('all-masters');
    expect(whyNoDrill(alone, 'frozen-master')).toContain('all-masters');
    expect(whyNoDrill(alone, 'load-balancer')).toContain('no two load balancers');
    expect(whyNoDrill(besideExisting(), 'load-balancer')).toContain('not holdfast’s to break');
    expect(whyNoDrill(alone, 'etcd')).toContain('none may be lost');
  });

  it('never touches the bastion, which has to put things back', () => {
    const bastion = withRoles(automatic, (name, roles) =>
      name === 'master-3' ? [...roles, 'bastion'] : roles,
    );
    expect(whyNoDrill(bastion, 'master')).toContain('master-3 is the bastion too');
    expect(whyNoDrill(bastion, 'all-masters')).toContain('master-3 is the bastion too');
    expect(whyNoDrill(bastion, 'etcd')).toBeUndefined();
  });

  it('of all masters needs failover to promote by itself, and load balancers that stay', () => {
    const manual: Cluster = { ...twelve, failover: { ...twelve.failover, mode: 'manual' } };
    expect(whyNoDrill(manual, 'all-masters')).toContain('manual');
    const balancing = withRoles(automatic, (name, roles) =>
      name === 'master-1' ? [...roles, 'load-balancer'] : roles,
    );
    expect(whyNoDrill(balancing, 'all-masters')).toContain('master-1 is a load balancer too');
  });

  it('keeps a door open wherever the bastion can still be let in', () => {
    expect(breakageOf('master', twelve)).toEqual({ kind: 'silence', door: true });
    expect(breakageOf('etcd', twelve)).toEqual({ kind: 'silence', door: true });
    expect(breakageOf('all-masters', twelve)).toEqual({ kind: 'silence', door: false });
    expect(breakageOf('frozen-master', twelve)).toEqual({ kind: 'frozen' });
    expect(breakageOf('load-balancer', twelve)).toEqual({
      kind: 'balancer',
      addresses: ['10.0.0.100', '10.0.0.101'],
    });
  });

  it('ends by the hosts’ own timers, later than by itself', () => {
    for (const story of drillStories) {
      const { broken, timer } = drillTimes(story);
      expect(timer).toBeGreaterThan(broken);
      expect(drillTimes(story, 40).broken).toBe(40);
    }
  });

  it('is told in words', () => {
    expect(drillWords('master', ['master-3'])).toBe('the control-plane node master-3 falls silent');
    expect(drillWords('all-masters', ['master-1', 'master-2'])).toContain('(master-1, master-2)');
  });

  it('gives each step no more hosts to talk to than it needs', () => {
    const steps = drillSteps(twelve, 'etcd', drillTimes('etcd'));
    expect(steps.check).toMatchObject({
      host: 'bastion-1',
      others: expect.arrayContaining(['lb-1', 'etcd-3']) as unknown,
    });
    expect(steps.arm(['etcd-2'])).toMatchObject([
      { id: 'set-restore-timer', host: 'etcd-2', input: { seconds: 90 } },
    ]);
    expect(steps.arm(['etcd-2'])[0]).not.toHaveProperty('others');
    expect(steps.break(['etcd-2'])).toMatchObject([
      { host: 'etcd-2', others: ['bastion-1'], input: { seconds: 30 } },
    ]);
    expect(steps.putBack(['etcd-2'])).toMatchObject([{ host: 'etcd-2', others: ['bastion-1'] }]);
  });
});

it.each(drillStories)('of %s tells whether a worker node could be promoted unasked', (story) => {
  const { input } = drillSteps(automatic, story, drillTimes(story)).check;
  const could = story === 'master' || story === 'etcd';
  expect('promoteBelow' in input).toBe(could);
  const manual: Cluster = { ...automatic, failover: { ...automatic.failover, mode: 'manual' } };
  expect(drillSteps(manual, story, drillTimes(story)).check.input).not.toHaveProperty('promoteBelow');
});

describe('a prober', () => {
  it('asks at the internal address, and at the external one where it is admitted', () => {
    const internal = { address: 'internal', host: '10.0.0.100', port: 6443 };
    expect(probeTargets(twelve, 'worker-3')).toEqual([internal]);
    const loadBalancer = ownLoadBalancer(twelve);
    const external = { ...loadBalancer!.external!, apiPort: 6443, apiAllow: ['10.0.0.5/32'] };
    const open = { ...twelve, loadBalancer: { ...loadBalancer!, external } };
    expect(probeTargets(open, 'bastion-1')).toEqual([
      internal,
      { address: 'external', host: external.address, port: 6443 },
    ]);
    expect(probeTargets(open, 'worker-3')).toEqual([internal]);
  });

  it('asks the first control-plane node where there are no load balancers', () => {
    const without: Cluster = { ...twelve };
    delete (without as { loadBalancer?: unknown }).loadBalancer;
    expect(probeTargets(without, 'bastion-1')).toEqual([
      { address: 'internal', host: '10.0.0.31', port: 6443 },
    ]);
  });
});
