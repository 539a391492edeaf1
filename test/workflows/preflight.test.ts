import { expect, test } from 'vitest';
import * as contract from '../../workflows/contract.ts';
import { record } from './record.ts';
import { facts, fail, useWorld } from './world.ts';

const world = useWorld();
const ok = { changed: false, summary: 'fine' };

test('all problems of all hosts are reported together, and nothing is changed before each is cured or skipped', async () => {
  const twins = new Set(['master-1', 'worker-1']);
  let small = true;
  await world.run(
    {
      'gather-facts': ({ target: { name } }) => ({
        ...facts(name),
        machineId: twins.has(name) ? 'the same' : name,
      }),
      'check-resources': ({ target: { name } }) =>
        name === 'worker-1' && small ? fail('ProblemFound', name, 'check-resources', '512 MB of memory') : ok,
      'check-reachability': ({ job: _ }) =>
        small
          ? fail('ProblemFound', 'bastion-1', 'check-reachability', 'worker-1 cannot reach master-1:6443')
          : ok,
    },
    async (change) => {
      const status = await change.waitsFor(
        'check-resources worker-1',
        'check-identity master-1',
        'check-identity worker-1',
        'check-reachability bastion-1',
      );
      expect(status.waitingFor.find(({ step }) => step === 'check-identity')?.error.message).toContain(
        'the same',
      );
      expect(change.calls.some((call) => call.startsWith('disable-swap'))).toBe(false);

      small = false;
      twins.delete('worker-1');
      await change.handle.signal(contract.retrySignal);
      expect((await change.handle.result()).state).toBe('done');
      await record(change, 'problems', ['worker-1']);
      expect(change.calls.filter((call) => call.startsWith('gather-facts worker-1'))).toHaveLength(2);
    },
  );
});

test('a cure on one of two twins clears both, though only that one is retried', async () => {
  const twins = new Set(['master-1', 'worker-1']);
  await world.run(
    {
      'gather-facts': ({ target: { name } }) => ({
        ...facts(name),
        machineId: twins.has(name) ? 'the same' : name,
      }),
    },
    async (change) => {
      await change.waitsFor('check-identity master-1', 'check-identity worker-1');
      twins.delete('worker-1');
      await change.handle.signal(contract.retrySignal, { host: 'worker-1' });
      expect((await change.handle.result()).state).toBe('done');
    },
  );
});

test('a twin that a person accepts is skipped, and the change goes on', async () => {
  await world.run(
    { 'gather-facts': ({ target: { name } }) => ({ ...facts(name), machineId: 'the same' }) },
    async (change) => {
      await change.until(({ waitingFor }) => waitingFor.length === 3);
      await change.handle.signal(contract.skipSignal, {
        step: 'check-identity',
        reason: 'containers share it',
      });
      const status = await change.handle.result();
      expect(
        status.steps.filter(({ step, state }) => step === 'check-identity' && state === 'skipped'),
      ).toHaveLength(3);
    },
  );
});

test('a host without facts, skipped by a person, does not hold up the judgement of the others', async () => {
  await world.run(
    {
      connect: ({ target: { name } }) =>
        name === 'worker-1' ? fail('HostKeyMismatch', name, 'connect') : ok,
      'gather-facts': ({ target: { name } }) =>
        name === 'worker-1' ? fail('HostKeyMismatch', name, 'gather-facts') : facts(name),
    },
    async (change) => {
      for (const step of ['connect', 'gather-facts']) {
        await change.waitsFor(`${step} worker-1`);
        await change.handle.signal(contract.skipSignal, { step, host: 'worker-1', reason: 'not there yet' });
      }
      const status = await change.handle.result();
      expect(
        status.steps.find(({ step, host }) => step === 'check-identity' && host === 'worker-1'),
      ).toMatchObject({
        state: 'skipped',
      });
    },
  );
});
