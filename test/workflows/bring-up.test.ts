import { expect, test } from 'vitest';
import { record } from './record.ts';
import { type Call, smallPlan, useWorld } from './world.ts';

const world = useWorld();

test('a bring-up runs connect and checks on every host, then prepares, then the rest in the order of the plan', async () => {
  await world.run({}, async (change) => {
    const status = await change.handle.result();
    await record(change, 'done', ['bastion-1', 'worker-1']);
    expect(status.state).toBe('done');
    expect(status.phases.map(({ id, state, done, total }) => `${id} ${state} ${done}/${total}`)).toEqual([
      'connect done 6/6',
      'preflight done 10/10',
      'prepare done 6/6',
      'bastion done 2/2',
      'kubernetes done 1/1',
      'verify done 2/2',
    ]);
    const at = (call: string): number => change.calls.indexOf(call);
    const firstChange = change.calls.findIndex((call) => /disable-swap|fetch-kubespray/.test(call));
    expect(change.calls.slice(0, firstChange)).toHaveLength(13);
    expect(at('run-kubespray bastion-1 1')).toBeGreaterThan(at('install-packages worker-1 1'));
    expect(at('run-kubespray bastion-1 1')).toBeGreaterThan(at('write-inventory bastion-1 1'));
    expect(change.calls).toHaveLength(6 + 7 + 6 + 2 + 1 + 2);
  });
});

test('every step is told of the site’s proxy, also those of a host’s own workflow', async () => {
  const proxy = { http: { fromFile: '/secrets/proxy' }, except: 'localhost' };
  const told: unknown[] = [];
  const note = (call: Call) => {
    told.push(call.proxy);
    return { changed: false, summary: 'so' };
  };
  await world.run(
    { 'install-packages': note, 'fetch-kubespray': note },
    async (change) => {
      expect((await change.handle.result()).state).toBe('done');
      expect(told).toEqual([proxy, proxy, proxy, proxy]);
    },
    { ...smallPlan(), proxy },
  );
});
