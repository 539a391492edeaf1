import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../../cluster/plan-types.ts';
import { restorePlan } from '../../../cluster/restore/plan.ts';
import { exampleCluster } from '../example.ts';

const cluster = exampleCluster('twelve-hosts');
const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);
const hostsOf = (plan: Plan, id: string) =>
  steps(plan)
    .filter((step) => step.id === id)
    .map(({ host }) => host);
const etcd = ['etcd-1', 'etcd-2', 'etcd-3'];
const masters = ['master-1', 'master-2', 'master-3'];

describe('restorePlan', () => {
  it('of the twelve hosts is the recorded one', async () => {
    const made = { ...restorePlan(cluster), targets: undefined };
    await expect(`${JSON.stringify(made, null, 1)}\n`).toMatchFileSnapshot(
      '../golden/restore-twelve-hosts.json',
    );
  });

  it('stops nothing before the snapshot is on every member, and replaces nothing before it was saved', () => {
    const { phases } = restorePlan(cluster);
    const ids = phases.map(({ id }) => id);
    expect(ids).toEqual([
      ...['look', 'stage', 'stop', 'save', 'restore-etcd', 'start', 'serve', 'refresh', 'verify'],
    ]);
    expect(phases.map(({ after }) => after)).toEqual([[], ...ids.slice(0, -1).map((id) => [id])]);
    const of = (id: string) => phases.find((phase) => phase.id === id)?.steps.map((step) => step.id);
    expect(new Set(['look', 'stage'].flatMap(of))).toEqual(new Set(['look-for-snapshots', 'stage-snapshot']));
  });

  it('does the same to every member, and stops and starts every API server, a promoted one’s too', () => {
    const plan = restorePlan(cluster);
    for (const id of ['stop-etcd', 'save-member', 'restore-member', 'start-etcd'])
      expect(hostsOf(plan, id)).toEqual(etcd);
    const servers = [...masters, ...cluster.failover.candidates];
    for (const id of ['stop-api-server', 'configure-etcd-proxy', 'start-api-server', 'restart-controllers'])
      expect(hostsOf(plan, id)).toEqual(servers);
  });

  it('asks nobody about a kubelet that does not start again: its host may be one that is dead', () => {
    const optional = steps(restorePlan(cluster)).filter((step) => step.optional);
    expect(new Set(optional.map(({ id }) => id))).toEqual(new Set(['restart-kubelet']));
    expect(optional.map(({ host }) => host)).toEqual(hostsOf(restorePlan(cluster), 'restart-kubelet'));
  });

  it('names a host with two parts once, and lets no step reach a host that it has no business with', () => {
    for (const { host, others } of steps(restorePlan(exampleCluster('small')))) {
      expect(others ?? []).not.toContain(host);
      expect(new Set(others).size).toBe(others?.length ?? 0);
    }
    const reached = steps(restorePlan(cluster)).filter((step) => step.others !== undefined);
    expect(reached.map(({ id }) => id)).toEqual([
      ...['look-for-snapshots', 'stage-snapshot', 'check-etcd', 'backup-etcd'],
    ]);
  });

  it('writes through the internal address, or the first control-plane node where there is none', () => {
    const addresses = (plan: Plan) => steps(plan).find(({ id }) => id === 'check-writes')?.input;
    const { internal } = cluster.loadBalancer ?? {};
    expect(addresses(restorePlan(cluster))).toEqual({
      addresses: [`${internal?.address}:${internal?.port}`],
    });
    expect(addresses(restorePlan(exampleCluster('small')))).toEqual({ addresses: ['10.0.0.31:6443'] });
  });
});
