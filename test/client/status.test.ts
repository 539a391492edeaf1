import { beforeAll, expect, test } from 'vitest';
import { masterOff, waiting } from './failover/status-fixture.ts';
import * as contract from '../../workflows/contract.ts';
import { smallSpec, useStandIns } from './stand-in/world.ts';

const world = useStandIns();
const status = (...args: string[]) => world.run('status', ...args);
const asJson = async (cluster: string) =>
  JSON.parse((await status(cluster, '--json')).out) as Record<string, unknown>;

beforeAll(async () => {
  await world.failover(smallSpec('alone'));
  await world.failover(smallSpec('both'));
  await world.change(smallSpec('both'));
});

test('a cluster of which Temporal knows nothing is bad input', async () => {
  expect(await status('nobody')).toMatchObject({
    code: 2,
    err: 'nobody: there was no change of this cluster yet: holdfast up SPEC',
  });
});

test('a cluster that nothing watches yet shows its newest change alone, with the keys that scripts know', async () => {
  const runId = await world.change(smallSpec('first'));
  const { code, out } = await status('first');
  expect(code).toBe(0);
  expect(out).toContain('first: running (running, since');
  expect(out).not.toContain('failover');
  const json = await asJson('first');
  expect(json).toMatchObject({
    workflowType: 'bringUp',
    runId,
    cluster: 'first',
    state: 'running',
    temporalState: 'RUNNING',
    workflowId: 'holdfast:first:change',
  });
  expect(json).not.toHaveProperty('failover');
});

test('failover stands below the open change, and beside its keys in JSON', async () => {
  await world.say('both', { ...masterOff, cluster: 'both' });
  const { code, out } = await status('both');
  expect(code).toBe(0);
  expect(out).toMatch(/^both: running [^]*\nboth: failover: degraded since/);
  expect(await asJson('both')).toMatchObject({
    workflowType: 'bringUp',
    state: 'running',
    failover: {
      workflowType: 'failover',
      state: 'degraded',
      temporalState: 'RUNNING',
      workflowId: 'holdfast:both:failover',
    },
  });
});

test('a change that is over and well is one line; one that failed is shown in full, with exit code 1', async () => {
  const cluster = 'over';
  await world.failover(smallSpec(cluster));
  await world.change(smallSpec(cluster));
  await world.endChange(cluster);
  const well = await status(cluster);
  expect(well.out).toMatch(/^newest change: bringUp, done, begun .* UTC: http.*\nover: failover: watching/);
  expect(well.code).toBe(0);
  await world.change(smallSpec(cluster));
  await world.endChange(cluster, { state: 'failed', endedBecause: 'aborted by ann' });
  const failed = await status(cluster);
  expect(failed.out).toMatch(/^over: failed[^]*aborted by ann[^]*over: failover: watching/);
  expect(failed.code).toBe(1);
});

test('failover alone is shown where no change was made, and its wait for a person is exit code 3', async () => {
  expect((await status('alone')).code).toBe(0);
  await world.say('alone', { waitingFor: waiting.waitingFor as NonNullable<typeof waiting.waitingFor> });
  const { code, out } = await status('alone');
  expect(code).toBe(3);
  expect(out).toContain('failover waits for a person: approval');
  expect(await asJson('alone')).toMatchObject({ cluster: 'alone', failover: { waitingFor: {} } });
});

test('a change that made room says what to do, with exit code 3', async () => {
  await world.change(smallSpec('yielded'));
  await world.endChange('yielded', { state: 'waiting', yielded: true });
  const { code, out } = await status('yielded');
  expect(code).toBe(3);
  expect(out).toContain('made room for an intervention');
  expect(out).toContain('holdfast up SPEC');
});

test('a failover that somebody ended is said, with exit code 1', async () => {
  await world.failover(smallSpec('unwatched'));
  await world.env.client.workflow.getHandle('holdfast:unwatched:failover').terminate();
  expect(await status('unwatched')).toMatchObject({
    code: 1,
    err: 'unwatched: failover ended (terminated): nothing watches this cluster; holdfast up SPEC starts it again',
  });
});

test('the only cluster is found by its failover too, and several are named', async () => {
  await expect
    .poll(async () => (await status()).err)
    .toMatch(/^which cluster\? There are alone, both, .*unwatched/);
});

test('a failover whose worker cannot go on with it is told apart from one without a worker', async () => {
  await world.failover(smallSpec('broken'));
  await world.env.client.workflow.getHandle(contract.failoverId('broken')).signal('break');
  await expect
    .poll(async () => (await status('broken')).err, { timeout: 50_000, interval: 500 })
    .toMatch(/^broken: failover is open, but its worker cannot go on with it .*holdfast up SPEC begins anew/);
  expect(await status('broken')).toMatchObject({ code: 4 });
  await world.env.client.workflow.getHandle(contract.failoverId('broken')).terminate();
});

test('where no worker answers, what a closed change left is shown, JSON says null, and the exit code is 4', async () => {
  await world.failover(smallSpec('silent'));
  await world.change(smallSpec('silent'));
  await world.endChange('silent');
  await world.stopWorker();
  try {
    const { code, out, err } = await status('silent', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ state: 'done', failover: null });
    expect(err).toContain('silent: failover is open, but no worker answers');
  } finally {
    await world.startWorker();
  }
});
