import { beforeAll, expect, test } from 'vitest';
import { person } from '../../client/person.ts';
import { smallSpec, useStandIns } from './stand-in/world.ts';

const world = useStandIns();
const run = (...args: string[]) => world.run(...args);

interface Answer {
  readonly failover: {
    readonly state: string;
    readonly paused?: { readonly reason: string };
    readonly forgotten: readonly string[];
    readonly events: readonly { readonly what: string }[];
  };
}
const failover = async (cluster: string) =>
  (JSON.parse((await run('status', cluster, '--json')).out) as Answer).failover;
const lastEvent = async (cluster: string) => (await failover(cluster)).events.at(-1)?.what;

beforeAll(() => world.failover(smallSpec('watched')));

test('a cluster that nothing watches yet is told apart: exit code 2, and how it begins', async () => {
  const { code, err } = await run('pause', 'new', '--reason', 'works');
  expect({ code, err }).toEqual({
    code: 2,
    err: 'new: failover does not watch this cluster yet: the end of holdfast up SPEC starts it',
  });
});

test('pause and resume reach failover with who and why; what it refuses is exit code 2 in its words', async () => {
  expect(await run('pause', 'watched', '--reason', 'works')).toMatchObject({ code: 0 });
  expect(await failover('watched')).toMatchObject({
    state: 'paused',
    paused: { reason: `${person()}: works` },
  });
  expect(await run('resume', 'watched')).toMatchObject({ code: 0 });
  expect(await lastEvent('watched')).toBe(`resumed by ${person()}`);
  expect(await run('resume', 'watched')).toMatchObject({
    code: 2,
    err: 'watched: resume was refused: it is not paused',
  });
});

test('approve is recorded with who and why, and refused where nothing waits for it', async () => {
  expect(await run('approve', 'watched', '--reason', 'looked at them')).toMatchObject({ code: 2 });
  await world.say('watched', {
    waitingFor: { do: 'wait', reason: 'approval', why: 'mode is manual', help: [] },
  });
  expect(await run('status', 'watched')).toMatchObject({ code: 3 });
  expect(await run('approve', 'watched', '--reason', 'looked at them')).toMatchObject({ code: 0 });
  expect(await lastEvent('watched')).toBe(`approved by ${person()}: looked at them`);
});

test('failover asks with a reason, a candidate if one is named, and nothing without', async () => {
  expect(await run('failover', 'watched')).toMatchObject({ code: 2, err: 'why? --reason TEXT is recorded' });
  await run('failover', 'watched', '--candidate', 'worker-1', '--reason', 'fire');
  expect(await lastEvent('watched')).toBe(`failover of worker-1 asked for by ${person()}: fire`);
  await run('failover', 'watched', '--reason', 'fire');
  expect(await lastEvent('watched')).toBe(`failover of the first asked for by ${person()}: fire`);
});

test('forget needs the typed name or --yes, and stands alone', async () => {
  expect(await run('failover', 'watched', '--forget', 'master-1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --yes') as string,
  });
  expect(await run('failover', 'watched', '--forget', 'master-1', '--reason', 'x', '--yes')).toMatchObject({
    code: 2,
  });
  expect((await failover('watched')).forgotten).toEqual([]);
  expect(await run('failover', 'watched', '--forget', 'master-9', '--yes')).toMatchObject({
    code: 2,
    err: 'watched: forget was refused: master-9 is no control-plane node',
  });
  expect(await run('failover', 'watched', '--forget', 'master-1', '--yes')).toMatchObject({ code: 0 });
  expect((await failover('watched')).forgotten).toEqual(['master-1']);
});

test('retry goes to the open change, else to failover, and says which', async () => {
  await world.failover(smallSpec('retried'));
  const toFailover = await run('retry', 'retried');
  expect(toFailover.out).toMatch(/^retried: retry went to failover, holdfast:retried:failover\n/);
  expect(await lastEvent('retried')).toBe('retry {}');
  await world.change(smallSpec('retried'));
  expect(await run('retry', 'retried')).toMatchObject({
    code: 2,
    err: 'retried: retry was refused: no step waits',
  });
  await world.endChange('retried');
  expect(await run('retry', 'retried', '--host', 'worker-1')).toMatchObject({ code: 0 });
  expect(await lastEvent('retried')).toBe('retry {"host":"worker-1"}');
});

test('with neither a change nor failover open, retry says what there was', async () => {
  await world.change(smallSpec('ended'));
  await world.endChange('ended');
  expect(await run('retry', 'ended')).toMatchObject({
    code: 2,
    err: expect.stringContaining('ended: no change is open; the newest ended as COMPLETED') as string,
  });
});
