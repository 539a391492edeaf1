import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connect } from '../../client/connect.ts';
import type { Temporal } from '../../client/connect.ts';
import { openFailover } from '../../client/failover/run.ts';
import { untilPromoted, untilWell } from '../../demo/until.ts';
import { waiting } from '../client/failover/status-fixture.ts';
import { smallSpec, useStandIns } from '../client/stand-in/world.ts';

const world = useStandIns();
const never = new AbortController().signal;
let temporal: Temporal;
beforeAll(async () => {
  temporal = await connect();
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => temporal.close());

async function watched(name: string) {
  await world.failover(smallSpec(name));
  return openFailover(temporal, name);
}

test('the demo begins when all is well, and not where somebody was promoted already', async () => {
  const failover = await watched('well');
  await world.say('well', { state: 'degraded', degraded: ['no look yet'] });
  const well = untilWell(temporal, failover, never);
  await world.say('well', { state: 'watching', degraded: [] });
  await well;
  await world.say('well', { promoted: ['worker-1'] });
  await expect(untilWell(temporal, failover, never)).rejects.toThrow('worker-1 was promoted already');
});

test('it waits until a worker node was promoted, and tells for the picture when each state began', async () => {
  const failover = await watched('lost');
  const fault = Date.parse('2026-11-25T03:00:10.000Z');
  const states = untilPromoted(temporal, failover, fault, never);
  await world.say('lost', { state: 'promoting', since: '2026-11-25T03:00:20.000Z' });
  await expect
    .poll(() => vi.mocked(console.log).mock.calls.flat().join('\n'), { timeout: 20_000 })
    .toContain('lost: promoting');
  await world.say('lost', { state: 'degraded', since: '2026-11-25T03:00:30.000Z', promoted: ['worker-1'] });
  expect(await states).toEqual([
    { at: fault + 10_000, what: 'promoting' },
    { at: fault + 20_000, what: 'degraded' },
  ]);
});

test('where failover waits for a person the demo ends with why, and what helps', async () => {
  const failover = await watched('asked');
  await world.say('asked', { ...waiting, cluster: 'asked' });
  await expect(untilPromoted(temporal, failover, 0, never)).rejects.toMatchObject({
    code: 3,
    message: expect.stringContaining('holdfast approve demo') as string,
  });
});

test('Ctrl-C ends the waiting', async () => {
  const leave = new AbortController();
  const waits = untilPromoted(temporal, await watched('left'), 0, leave.signal);
  leave.abort(new Error('interrupted'));
  await expect(waits).rejects.toThrow();
});
