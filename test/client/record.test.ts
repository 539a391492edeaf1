import { expect, test, beforeAll, afterAll } from 'vitest';
import { knownSpec, lastApplied } from '../../client/applied.ts';
import { takenHosts } from '../../client/taken-hosts.ts';
import { refuseForgottenPromotion } from '../../client/promoted-hosts.ts';
import { connect } from '../../client/connect.ts';
import type { Temporal } from '../../client/connect.ts';
import { configureSignal, failoverId } from '../../workflows/contract.ts';
import { clusterOf, exampleText } from '../cluster/example.ts';
import { smallSpec, useStandIns } from './stand-in/world.ts';

const world = useStandIns();
let temporal: Temporal;
beforeAll(async () => void (temporal = await connect()));
afterAll(() => temporal.close());

const versioned = (name: string, version: string) => ({
  ...smallSpec(name),
  kubernetes: { ...smallSpec(name).kubernetes, version },
});
const versionOf = async (name: string) => (await lastApplied(temporal, name))?.kubernetes.version;

test('until failover exists, the spec applied last is that of the newest change; then it is failover’s record', async () => {
  const name = 'recorded';
  expect(await lastApplied(temporal, name)).toBeUndefined();
  expect(await knownSpec(temporal, name)).toBeUndefined();
  await world.change(versioned(name, '1.34.1'));
  await expect.poll(() => versionOf(name)).toBe('1.34.1');
  await world.endChange(name);
  await world.failover(versioned(name, '1.34.2'));
  expect(await versionOf(name)).toBe('1.34.2');
  await world.env.client.workflow
    .getHandle(failoverId(name))
    .signal(configureSignal, { spec: versioned(name, '1.34.3') });
  expect(await versionOf(name)).toBe('1.34.3');
  expect((await knownSpec(temporal, name))?.kubernetes.version).toBe('1.34.3');
});

test('a promoted worker node must stay a candidate, or become a control-plane node of the spec', async () => {
  const spec = { ...clusterOf(exampleText('twelve-hosts')), name: 'promoting' };
  const only = (candidates: readonly string[]) => ({ ...spec, failover: { ...spec.failover, candidates } });
  const refusal = (next: typeof spec) =>
    refuseForgottenPromotion(temporal, next).catch((error: unknown) => String(error));
  expect(await refusal(only(['worker-2']))).toBeUndefined();
  await world.failover(spec);
  await world.say('promoting', { promoted: ['worker-1'] });
  await expect.poll(() => refusal(only(['worker-2']))).toContain('holdfast demote promoting --host worker-1');
  expect(await refusal(only([]))).toContain('failover.candidates (none) does not name it');
  expect(await refusal(spec)).toBeUndefined();
  const asMaster = spec.hosts.map((host) =>
    host.name === 'worker-1' ? { ...host, roles: ['control-plane' as const] } : host,
  );
  expect(await refusal({ ...only(['worker-2']), hosts: asMaster })).toBeUndefined();
  await world.env.client.workflow.getHandle(failoverId('promoting')).terminate();
});

test('a failover that was ended records nothing any more', async () => {
  const name = 'ended';
  await world.change(versioned(name, '1.34.1'));
  await world.failover(versioned(name, '1.34.2'));
  await world.env.client.workflow.getHandle(failoverId(name)).terminate();
  await expect.poll(() => versionOf(name)).toBe('1.34.1');
});

test('hosts are taken by a cluster’s record, and by an open change that brings them in', async () => {
  const text = exampleText('twelve-hosts');
  const only = (name: string, ...hosts: string[]) => {
    const cluster = clusterOf(text.replace('cluster: demo', `cluster: ${name}`));
    return { ...cluster, hosts: cluster.hosts.filter((host) => hosts.includes(host.name)) };
  };
  await world.failover(only('owner', 'bastion-1', 'worker-1'));
  await world.change(only('owner', 'bastion-1', 'worker-1', 'worker-2'));
  await expect
    .poll(() => takenHosts(temporal, only('other', 'bastion-1', 'worker-1', 'worker-2', 'worker-3')))
    .toEqual(['worker-1 (10.0.0.41) of owner', 'worker-2 (10.0.0.42) of owner']);
});
