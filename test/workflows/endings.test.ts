import { expect, test } from 'vitest';
import type { ApplicationFailure } from '@temporalio/common';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import * as contract from '../../workflows/contract.ts';
import { record } from './record.ts';
import type { Behaviour, Story } from './world.ts';
import { fail, useWorld } from './world.ts';

const world = useWorld();

/** Runs until it is cancelled, and then takes its time; says when it has ended. */
function endless() {
  const seen = { begun: false, ended: false };
  const behaviour: Behaviour = async (_, signal) => {
    seen.begun = true;
    const beat = setInterval(() => Context.current().heartbeat(), 100);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    clearInterval(beat);
    seen.ended = true;
    throw signal.reason;
  };
  return { seen, behaviour };
}

const parked: Behaviour = ({ target: { name } }) =>
  name === 'worker-1' ? fail('ProblemFound', name, 'disable-swap') : { changed: true, summary: 'done' };

async function failureOf(change: Story): Promise<unknown> {
  const failure: unknown = await change.handle.result().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  return (failure as WorkflowFailedError).cause;
}

test('abort ends running activities and every host’s workflow first, and the failure carries the final status', async () => {
  const kubespray = endless();
  await world.run({ 'fetch-kubespray': kubespray.behaviour, 'disable-swap': parked }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    await change.when(() => kubespray.seen.begun);
    await change.handle.signal(contract.abortSignal, { reason: 'wrong spec' });
    const failure = (await failureOf(change)) as ApplicationFailure;
    expect(failure).toMatchObject({ type: 'Aborted', message: 'aborted: wrong spec' });
    expect(failure.details?.[0]).toMatchObject({
      workflowType: 'bringUp',
      state: 'failed',
      endedBecause: 'wrong spec',
    });
    await record(change, 'aborted', ['worker-1']);
    expect(kubespray.seen.ended).toBe(true);
    expect(await change.child('worker-1')).toBe('FAILED');
  });
});

test('a cancelled change waits for its activities to end and leaves no host’s workflow open', async () => {
  const swap = endless();
  await world.run({ 'disable-swap': swap.behaviour }, async (change) => {
    // At rest first: the time-skipping server loses a workflow task in which signals and a cancellation meet.
    await change.until(({ steps }) =>
      steps.filter(({ step }) => step === 'disable-swap').every(({ state }) => state === 'running'),
    );
    await change.env.sleep('1 s');
    await change.handle.cancel();
    await failureOf(change);
    expect((await change.handle.describe()).status.name).toBe('CANCELLED');
    expect(swap.seen.ended).toBe(true);
    for (const host of ['bastion-1', 'master-1', 'worker-1'])
      expect(await change.child(host)).not.toBe('RUNNING');
  });
});

test('a parked change with nothing running makes room when it is asked to, and its id is free', async () => {
  await world.run({ 'disable-swap': parked }, async (change) => {
    await change.until(
      ({ waitingFor, steps }) => waitingFor.length === 1 && steps.every(({ state }) => state !== 'running'),
    );
    await change.handle.signal(contract.yieldSignal, { runId: change.handle.firstExecutionRunId });
    expect(await change.handle.result()).toMatchObject({ state: 'waiting', yielded: true });
    expect(await change.child('worker-1')).toBe('FAILED');
    await change.startAnother();
  });
});

test('a change with a running activity does not yield, and says why', async () => {
  const kubespray = endless();
  await world.run({ 'fetch-kubespray': kubespray.behaviour, 'disable-swap': parked }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    await change.handle.signal(contract.yieldSignal, { runId: change.handle.firstExecutionRunId });
    const { refused } = await change.until(({ refused }) => refused.length > 0);
    expect(refused).toEqual([{ signal: 'yield', why: 'steps are running' }]);
  });
});

test('a host whose step runs is shown so and not taken for idle, while another host waits', async () => {
  const swap = endless();
  const mixed: Behaviour = (call, signal) =>
    call.target.name === 'master-1' ? swap.behaviour(call, signal) : parked(call, signal);
  await world.run({ 'disable-swap': mixed }, async (change) => {
    await change.when(() => swap.seen.begun);
    const { steps } = await change.waitsFor('disable-swap worker-1');
    expect(steps.find(({ step, host }) => step === 'disable-swap' && host === 'master-1')?.state).toBe(
      'running',
    );
    await change.handle.signal(contract.yieldSignal, { runId: change.handle.firstExecutionRunId });
    const { refused } = await change.until(({ refused }) => refused.length > 0);
    expect(refused).toEqual([{ signal: 'yield', why: 'steps are running' }]);
  });
});

test('a second change of the same cluster is refused while one runs', async () => {
  await world.run({ 'disable-swap': parked }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    await expect(change.startAnother()).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
  });
});

test('a host’s workflow that somebody ended waits for a person like a failed step, and is started again by retry', async () => {
  let cured = false;
  const swap: Behaviour = ({ target: { name } }) =>
    name === 'worker-1' && !cured
      ? fail('ProblemFound', name, 'disable-swap')
      : { changed: true, summary: 'done' };
  await world.run({ 'disable-swap': swap }, async (change) => {
    await change.waitsFor('disable-swap worker-1');
    await change.env.client.workflow.getHandle(contract.hostChangeId(change.cluster, 'worker-1')).cancel();
    const status = await change.until(({ waitingFor }) =>
      /workflow of worker-1 ended/.test(waitingFor[0]?.error.message ?? ''),
    );
    expect(status.waitingFor).toHaveLength(1);
    cured = true;
    await change.handle.signal(contract.retrySignal);
    expect((await change.handle.result()).state).toBe('done');
  });
});

test('a change that is run again after it is done finds all as it should be', async () => {
  const same = { changed: false, summary: 'as it should be' };
  await world.run(
    { 'disable-swap': () => same, 'install-packages': () => same, 'run-kubespray': () => same },
    async (change) => {
      const { steps } = await change.handle.result();
      expect(steps.find(({ step }) => step === 'run-kubespray')?.state).toBe('already-so');
      expect(
        steps.filter(({ phase }) => phase === 'prepare').every(({ state }) => state === 'already-so'),
      ).toBe(true);
      await change.startAnother();
    },
  );
});
