import { expect, test } from 'vitest';
import * as contract from '../../workflows/contract.ts';
import { record } from './record.ts';
import type { Behaviour } from './world.ts';
import { fail, useWorld } from './world.ts';

const world = useWorld();
const ok = { changed: true, summary: 'done' };

/** Fails on one host until `cure` is called. */
function broken(host: string, ...[kind, step]: [Parameters<typeof fail>[0], string]) {
  let cured = false;
  const behaviour: Behaviour = ({ target }) => (target.name === host && !cured ? fail(kind, host, step) : ok);
  return { behaviour, cure: () => (cured = true) };
}

test('a step whose error no retry cures parks with host, error, tail and commands; retry after the cure finishes', async () => {
  const swap = broken('worker-1', 'SudoRefused', 'disable-swap');
  await world.run({ 'disable-swap': swap.behaviour }, async (change) => {
    const status = await change.waitsFor('disable-swap worker-1');
    expect(status.state).toBe('waiting');
    expect(status.waitingFor[0]?.error).toMatchObject({
      kind: 'SudoRefused',
      next: 'mend it',
      tail: 'last lines',
    });
    expect(status.waitingFor[0]?.commands).toContain(
      `holdfast retry ${change.cluster} --step disable-swap --host worker-1`,
    );
    swap.cure();
    await change.handle.signal(contract.retrySignal, {});
    expect((await change.handle.result()).state).toBe('done');
    await record(change, 'parked-and-retried', ['worker-1']);
    const runs = change.calls.filter((call) => call.startsWith('disable-swap worker-1'));
    expect(runs).toEqual(['disable-swap worker-1 1', 'disable-swap worker-1 1']);
    expect(change.calls.filter((call) => call === 'disable-swap master-1 1')).toHaveLength(1);
  });
});

test('a host that stops answering during prepare parks after its retries, while the others finish and the bastion goes on', async () => {
  const swap = broken('worker-1', 'ConnectionLost', 'disable-swap');
  await world.run({ 'disable-swap': swap.behaviour }, async (change) => {
    await change.env.sleep('2 m');
    const status = await change.until(
      ({ waitingFor, phases }) =>
        waitingFor.length === 1 && phases.find(({ id }) => id === 'bastion')?.state === 'done',
    );
    expect(status.phases.find(({ id }) => id === 'kubernetes')?.state).toBe('pending');
    expect(
      status.steps.find(({ step, host }) => step === 'install-packages' && host === 'worker-1')?.state,
    ).toBe('pending');
    expect(change.calls).toContain('disable-swap worker-1 1 attempt 5');
    expect(await change.child('master-1')).toBe('COMPLETED');
    swap.cure();
    await change.handle.signal(contract.retrySignal, { step: 'disable-swap', host: 'worker-1' });
    expect((await change.handle.result()).state).toBe('done');
  });
});

test('a host that never answered waits in connect; nothing is changed on the others before it passes', async () => {
  const dead = broken('worker-1', 'AuthenticationFailed', 'connect');
  await world.run({ connect: dead.behaviour }, async (change) => {
    const status = await change.until(
      ({ waitingFor, steps }) =>
        waitingFor.length === 1 &&
        steps.filter(({ step, state }) => step === 'check-clock' && state === 'done').length === 2,
    );
    expect(status.steps.filter(({ phase, state }) => phase === 'prepare' && state !== 'pending')).toEqual([]);
    expect(status.steps.find(({ step }) => step === 'check-reachability')?.state).toBe('pending');
    dead.cure();
    await change.handle.signal(contract.retrySignal);
    expect((await change.handle.result()).state).toBe('done');
  });
});

test('a skipped step is recorded with who and why, and what comes behind it runs', async () => {
  const swap = broken('worker-1', 'ProblemFound', 'disable-swap');
  await world.run({ 'disable-swap': swap.behaviour }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    await change.handle.signal(contract.skipSignal, {
      step: 'disable-swap',
      host: 'worker-1',
      reason: 'it has no swap partition',
      by: 'ann@laptop',
    });
    const status = await change.handle.result();
    const skipped = status.steps.find(({ step, host }) => step === 'disable-swap' && host === 'worker-1');
    expect(skipped).toMatchObject({ state: 'skipped', reason: 'ann@laptop: it has no swap partition' });
    expect(change.calls).toContain('install-packages worker-1 1');
  });
});

test('signals that mean no waiting step, or cannot be read, are refused in the status and change nothing', async () => {
  const swap = broken('worker-1', 'ProblemFound', 'disable-swap');
  await world.run({ 'disable-swap': swap.behaviour }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    await change.until(({ steps }) =>
      steps.some(({ step, host, state }) => `${step} ${host} ${state}` === 'install-packages master-1 done'),
    );
    const send = (name: string, ...args: unknown[]) => change.handle.signal(name, ...args);
    await send('retry', { step: 'install-packages', host: 'master-1' });
    await send('retry', { step: 'make-coffee' });
    await send('retry', 'disable-swap');
    await send('skip', { host: 'worker-1', reason: 'no step' });
    await send('skip', { step: 'disable-swap' });
    await send('abort');
    await send('yield', { runId: 'another' });
    await send('hostReport', { host: 'worker-1' });
    const { refused, state } = await change.until(({ refused }) => refused.length === 8);
    expect(state).toBe('waiting');
    expect(refused.map(({ signal, why }) => `${signal}: ${why}`)).toMatchInlineSnapshot(`
      [
        "retry: install-packages on master-1 does not wait: it is done",
        "retry: there is no step make-coffee",
        "retry: retry takes {"step": "…", "host": "…"}, both optional",
        "skip: skip must name a step: {"step": "…", "host": "…", "reason": "…"}",
        "skip: skip must say a reason",
        "abort: needs {"reason": "…"}",
        "yield: it is meant for run another",
        "hostReport: it comes from a host’s own workflow only",
      ]
    `);
    swap.cure();
    await send('retry', null);
    expect((await change.handle.result()).state).toBe('done');
  });
});

test('only a person’s retry after a job that failed starts a new job', async () => {
  let runs = 0;
  const playbook: Behaviour = ({ job }) => {
    runs += 1;
    if (runs === 1) fail('ConnectionLost', 'bastion-1', 'run-kubespray');
    if (job === 1) fail('JobFailed', 'bastion-1', 'run-kubespray');
    if (runs === 3) fail('LocalFileUnreadable', 'bastion-1', 'run-kubespray');
    return ok;
  };
  await world.run({ 'run-kubespray': playbook }, async (change) => {
    for (const kind of ['JobFailed', 'LocalFileUnreadable']) {
      await change.until(({ waitingFor }) => waitingFor[0]?.error.kind === kind);
      await change.handle.signal(contract.retrySignal, { host: 'bastion-1' });
    }
    await change.handle.result();
    expect(change.calls.filter((call) => call.startsWith('run-kubespray'))).toEqual([
      'run-kubespray bastion-1 1',
      'run-kubespray bastion-1 1 attempt 2',
      'run-kubespray bastion-1 2',
      'run-kubespray bastion-1 2',
    ]);
  });
});

test('steps on the board of a host’s own workflow can be answered there too, by its id', async () => {
  const swap = broken('worker-1', 'ProblemFound', 'disable-swap');
  await world.run({ 'disable-swap': swap.behaviour }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    swap.cure();
    const child = change.env.client.workflow.getHandle(contract.hostChangeId(change.cluster, 'worker-1'));
    expect(await child.query(contract.statusQuery)).toMatchObject({
      workflowType: 'prepareHost',
      state: 'waiting',
    });
    await child.signal(contract.retrySignal, { step: 'disable-swap' });
    expect((await change.handle.result()).state).toBe('done');
  });
});
