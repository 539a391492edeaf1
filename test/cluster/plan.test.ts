/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { plan } from '../../cluster/plan.ts';
import type { Plan, Step } from '../../cluster/plan-types.ts';
import { clusterOf, exampleCluster } from './example.ts';
import { edited } from './edited.ts';

const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);

describe('plan', () => {
  it('of the twelve hosts is the recorded one', async () => {
    const made = JSON.stringify(plan(exampleCluster('twelve-hosts')), null, 1);
    await expect(made + '\n').toMatchFileSnapshot('golden/plan-twelve-hosts.json');
  });

  it('runs its phases after those that they build on, the bastion’s beside prepare', () => {
    const after = Object.fromEntries(
      plan(exampleCluster('twelve-hosts')).phases.map((phase) => [phase.id, phase.after]),
    );
    expect(after).toEqual({
      connect: [],
      preflight: ['connect'],
      prepare: ['preflight'],
      bastion: ['preflight'],
      'load-balancers': ['prepare'],
      kubernetes: ['prepare', 'bastion', 'load-balancers'],
      access: ['kubernetes'],
      safety: ['access'],
      apps: ['safety'],
      verify: ['apps'],
      keep: ['verify'],
    });
  });

  it('leaves out what the spec has not: balancers and storage', () => {
    const small = plan(exampleCluster('small'));
    expect(small.phases.map(({ id }) => id)).not.toContain('load-balancers');
    expect(small.phases.find(({ id }) => id === 'kubernetes')?.after).toEqual(['prepare', 'bastion']);
    const ids = new Set(steps(small).map(({ id }) => id));
    for (const id of [
      'install-nfs-client',
      'create-storage-class',
      'check-storage',
      'check-api-through-load-balancers',
    ])
      expect(ids).not.toContain(id);
    expect(small.promotion).toMatch(/^all masters lost = restore by a person \(/);
  });

  it('says at which loss a worker node is promoted, which and on whose word', () => {
    const twelve = exampleCluster('twelve-hosts');
    const line = (failover: Partial<typeof twelve.failover>) =>
      plan({ ...twelve, failover: { ...twelve.failover, ...failover } }).promotion;
    expect(line({})).toBe('all masters lost = a worker is promoted (worker-1, worker-2)');
    expect(line({ promoteBelow: 2, mode: 'manual' })).toBe(
      'fewer than 2 masters left = a worker is promoted (worker-1, worker-2), once a person approves',
    );
  });

  it('connects to, checks and prepares every host, and turns swap off only where Kubernetes or etcd run', () => {
    const made = plan(exampleCluster('twelve-hosts'));
    const on = (id: string) =>
      steps(made)
        .filter((step) => step.id === id)
        .map(({ host }) => host);
    for (const id of ['connect', 'gather-facts', 'check-clock', 'install-packages', 'trust-bastion'])
      expect(on(id)).toEqual(Object.keys(made.targets));
    expect(on('disable-swap')).toEqual(
      Object.keys(made.targets).filter((name) => !/^(bastion|lb)/.test(name)),
    );
  });

  it('makes the named host an NFS server for all nodes, before the provisioner needs it', () => {
    const made = plan(
      clusterOf(
        edited((s) => {
          s.hosts.push({ name: 'nfs-1', address: '10.0.0.61', roles: ['nfs-server'] });
          s.storage.nfs.server = 'nfs-1';
        }),
      ),
    );
    const apps = made.phases.find(({ id }) => id === 'apps')?.steps ?? [];
    expect(apps.map(({ id }) => id)).toEqual([
      'install-helm',
      'install-nfs-server',
      ...Array.from({ length: 6 }, () => 'install-nfs-client'),
      'create-storage-class',
      'install-nfs-provisioner',
    ]);
    expect(apps[1]).toMatchObject({
      host: 'nfs-1',
      input: { clients: expect.arrayContaining(['10.0.0.31', '10.0.0.43']) as unknown },
    });
    expect(apps.at(-1)?.input).toMatchObject({ serverAddress: '10.0.0.61' });
  });

  it('sets a second bastion up too, and lets both in everywhere', () => {
    const made = plan(
      clusterOf(
        edited((s) => {
          s.hosts.push({ name: 'bastion-2', address: '10.0.0.6', roles: ['bastion'] });
          s.singlePointsOfFailure = ['nfs'];
        }),
      ),
    );
    expect(
      steps(made)
        .filter(({ id }) => id === 'copy-kubeconfig')
        .map(({ host }) => host),
    ).toEqual(['bastion-1', 'bastion-2']);
    expect(
      steps(made)
        .filter(({ id }) => id === 'run-kubespray')
        .map(({ host }) => host),
    ).toEqual(['bastion-1']);
    expect(steps(made).find(({ id, host }) => id === 'trust-bastion' && host === 'worker-1')).toMatchObject({
      input: { bastions: ['bastion-1', 'bastion-2'] },
      others: ['bastion-1', 'bastion-2'],
    });
  });

  it('tries the external API from a host that is allowed and from one that is not', () => {
    const made = plan(
      clusterOf(
        edited((s) => Object.assign(s.loadBalancer.external, { apiPort: 6443, apiAllow: ['10.0.0.5/32'] })),
      ),
    );
    expect(steps(made).find(({ id }) => id === 'check-api-through-load-balancers')).toMatchObject({
      host: 'bastion-1',
      input: { allowedFrom: 'bastion-1', refusedFrom: 'etcd-1' },
      others: ['etcd-1'],
    });
  });

  it('names in each step only hosts that it knows how to reach', () => {
    for (const made of [plan(exampleCluster('twelve-hosts')), plan(exampleCluster('small'))])
      for (const { host, others } of steps(made))
        for (const name of [host, ...(others === 'all' ? [] : (others ?? []))])
          expect(made.targets).toHaveProperty(name);
  });
});
