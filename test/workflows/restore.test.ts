import { expect, test } from 'vitest';
import { WorkflowFailedError } from '@temporalio/client';
import * as contract from '../../workflows/contract.ts';
import { exampleCluster } from '../cluster/example.ts';
import { backup, broken, lookAt, minutes, noon, ofMember } from '../cluster/restore/looks.ts';
import { recordRun } from './record.ts';
import { approve, entry, failed, held, ok, refusals, skipped, useRestores } from './restore-world.ts';
import { type Behaviour, type Call, fail } from './world.ts';

const world = useRestores();
const cluster = exampleCluster('twelve-hosts');
const everybody = lookAt(cluster);
const word = 'confirm-restore bastion-1';
const look = 'look-for-snapshots bastion-1 1';
const ann = { reason: 'two of three are gone', by: 'ann@laptop' };

test('nothing is touched before a person’s word, and then all is done with what they named', async () => {
  const told: Call[] = [];
  const note: Behaviour = (call) => (told.push(call), ok);
  await world.run([everybody], { 'stage-snapshot': note, 'restore-member': note }, async (story) => {
    const status = await story.waitsFor(word);
    expect(story.calls).toEqual([look]);
    expect(await story.handle.query(contract.restoreOfferQuery)).toEqual(everybody);
    expect(entry(status, 'look-for-snapshots')?.state).toBe('done');
    expect(status.waitingFor[0]?.error.message).toBe(
      'etcd-2: revision 4711, 3 minutes old; what was written after it is lost',
    );
    expect(status.waitingFor[0]?.commands).toEqual([
      `holdfast restore ${story.cluster}`,
      `holdfast retry ${story.cluster} --step confirm-restore --host bastion-1`,
    ]);
    await approve(story, { ...ann, from: backup.name });
    const done = await story.handle.result();
    await recordRun(world.env, 'restore', story.handle.workflowId);
    expect(done.state).toBe('done');
    // Who and why stands where everybody looks.
    expect(entry(done, 'confirm-restore')?.summary).toMatch(
      /^ann@laptop: two of three are gone; etcd-\d+T\d+Z\.db\.gz\.age: revision 4000, /,
    );
    expect(told.map(({ choice }) => choice)).toEqual(
      Array.from({ length: 4 }, () => ({ source: backup, members: everybody.members, bump: 1_000_000_711 })),
    );
    const order = [...new Set(story.calls.map((call) => call.split(' ')[0]))];
    expect(order.indexOf('stage-snapshot')).toBe(1);
    expect(order.indexOf('save-member')).toBe(4);
    expect(order.slice(5, 8)).toEqual(['restore-member', 'start-etcd', 'configure-etcd-proxy']);
  });
});

test('a word that says too little, names what is not there or comes too early is refused, and so is a second', async () => {
  const [looking, staging] = [held(), held()];
  const slow: Behaviour = async (...given) => {
    await looking.behaviour(...given);
    return { ...ok, look: everybody };
  };
  const script = { 'look-for-snapshots': slow, 'stage-snapshot': staging.behaviour };
  await world.run([], script, async (story) => {
    await story.when(() => story.calls.length > 0);
    await approve(story, ann);
    expect(await refusals(story)).toEqual(['it does not wait for that']);
    expect(await story.handle.query(contract.restoreOfferQuery)).toBeUndefined();
    looking.free();
    await story.waitsFor(word);
    const { by, reason } = ann;
    for (const sent of [undefined, 7, { reason }, { by }, { by: ' ', reason }, { by, reason: '' }])
      await approve(story, sent);
    for (const from of ['etcd-9', 'etcd-3', '', 7, null]) await approve(story, { ...ann, from });
    expect((await refusals(story)).slice(1)).toEqual([
      ...['needs {"by": "…"}', 'needs {"by": "…"}', 'needs {"by": "…"}', 'needs {"reason": "…"}'],
      ...['needs {"by": "…"}', 'needs {"reason": "…"}', 'there is no etcd-9', `etcd-3: ${broken.problem}`],
      ...['needs {"from": "…"}', 'needs {"from": "…"}', 'needs {"from": "…"}'],
    ]);
    expect(story.calls).toEqual([look]);
    await story.waitsFor(word);
    await approve(story, ann);
    await approve(story, { ...ann, from: backup.name });
    expect((await refusals(story)).at(-1)).toBe('it does not wait for that');
    staging.free();
    const done = await story.handle.result();
    expect(entry(done, 'confirm-restore')?.summary).toContain('etcd-2: revision 4711');
  });
});

test('retry looks again, and only what was found last can be named; a skip is refused, and the offer stands', async () => {
  const second = { ...everybody, at: noon + minutes(5), sources: [backup] };
  await world.run([everybody, second], {}, async (story) => {
    await story.waitsFor(word);
    await story.handle.signal(contract.skipSignal, { step: 'confirm-restore', reason: 'in a hurry' });
    const after = await story.until(({ refused }) => refused.length > 0);
    expect(after.refused[0]?.why).toContain('cannot be skipped');
    expect(after.waitingFor.map(({ step }) => step)).toEqual(['confirm-restore']);
    expect(after.phases.find(({ id }) => id === 'confirm')?.state).toBe('waiting');
    expect(story.calls).toEqual([look]);
    await story.handle.signal(contract.retrySignal, {});
    await story.until(({ waitingFor }) => waitingFor[0]?.error.message.startsWith(backup.name) === true);
    expect(await story.handle.query(contract.restoreOfferQuery)).toEqual(second);
    expect(story.calls).toEqual([look, look]);
    await approve(story, { ...ann, from: ofMember.name });
    expect((await refusals(story)).at(-1)).toBe('there is no etcd-2');
    await approve(story, ann);
    expect((await story.handle.result()).state).toBe('done');
  });
});

test('where there is nothing to restore it says so, and restores on no word but one that names what it goes back to', async () => {
  const nothing = { ...everybody, sources: [] };
  await world.run([nothing, { ...everybody, serving: 4711 }], {}, async (story) => {
    const { waitingFor } = await story.waitsFor(word);
    expect(waitingFor[0]?.error.message).toBe('there is nothing to restore from');
    await approve(story, ann);
    expect(await refusals(story)).toEqual(['there is nothing to restore from']);
    await story.handle.signal(contract.retrySignal, { step: 'confirm-restore' });
    await story.until(({ waitingFor: [one] }) => one?.error.message.includes('has its quorum') === true);
    await approve(story, ann);
    expect((await refusals(story)).at(-1)).toContain('etcd has its quorum, at revision 4711');
    await approve(story, { ...ann, from: backup.name });
    expect((await story.handle.result()).state).toBe('done');
  });
});

test('a look that fails waits as any step; without one nothing can be approved, and retry makes it', async () => {
  let cured = false;
  const looks: Behaviour = () =>
    cured
      ? { ...ok, look: everybody }
      : fail('ProblemFound', 'bastion-1', 'look-for-snapshots', 'there is no key');
  await world.run([], { 'look-for-snapshots': looks }, async (story) => {
    await story.waitsFor('look-for-snapshots bastion-1');
    await approve(story, ann);
    await story.handle.signal(contract.skipSignal, { step: 'look-for-snapshots', reason: 'no key' });
    expect((await story.waitsFor(word)).waitingFor[0]?.error.message).toBe('the look was skipped');
    await approve(story, ann);
    expect(await refusals(story)).toEqual(['it does not wait for that', 'there was no look: holdfast retry']);
    cured = true;
    await story.handle.signal(contract.retrySignal, {});
    await story.until(({ waitingFor: [one] }) => one?.error.message.startsWith('etcd-2') === true);
    expect(new Set(story.calls)).toEqual(new Set([look]));
    await approve(story, ann);
    expect((await story.handle.result()).state).toBe('done');
  });
});

test('an abort, a cancellation or a wish for room before the word ends it, and nothing was touched', async () => {
  await world.run([everybody], {}, async (story) => {
    await story.waitsFor(word);
    await story.handle.signal(contract.abortSignal, { reason: 'they came back' });
    expect(await failed(story)).toMatchObject({ state: 'failed', endedBecause: 'they came back' });
    expect(story.calls).toEqual([look]);
  });
  await world.run([everybody], {}, async (story) => {
    await story.waitsFor(word);
    await story.handle.cancel();
    await expect(story.handle.result()).rejects.toThrow(WorkflowFailedError);
    expect((await story.handle.describe()).status.name).toBe('CANCELLED');
    expect(story.calls).toEqual([look]);
  });
  await world.run([everybody], {}, async (story) => {
    const { runId } = await story.waitsFor(word);
    await story.handle.signal(contract.yieldSignal, { runId });
    expect(await story.handle.result()).toMatchObject({ yielded: true });
    expect(story.calls).toEqual([look]);
  });
});

test('hosts that do not answer are left out with the reason, and named before the word', async () => {
  const silent = lookAt(cluster, ['etcd-1', 'master-2']);
  await world.run([silent], {}, async (story) => {
    const { waitingFor } = await story.waitsFor(word);
    expect(waitingFor[0]?.error.message).toMatch(/lost; without etcd-1: etcd-1 does not answer$/);
    await approve(story, ann);
    const left = (host: string, ...ids: string[]) =>
      ids.map((id) => `${id} ${host}: left out: ${host} does not answer`);
    expect(skipped(await story.handle.result()).sort()).toEqual(
      [
        ...left('etcd-1', 'stop-etcd', 'save-member', 'restore-member', 'start-etcd'),
        ...left('master-2', 'stop-api-server', 'configure-etcd-proxy', 'start-api-server'),
        ...left('master-2', 'restart-controllers', 'restart-kubelet'),
      ].sort(),
    );
    expect(story.calls.filter((call) => / (etcd-1|master-2) /.test(call))).toEqual([]);
  });
});

test('a step that fails waits, what comes behind waits with it, and retry goes on; a dead node’s kubelet holds nobody up', async () => {
  let cured = false;
  const script = {
    'restore-member': ({ target }: Call) =>
      target.name === 'etcd-2' && !cured ? fail('ProblemFound', 'etcd-2', 'restore-member', 'disk full') : ok,
    'restart-kubelet': ({ target }: Call) =>
      target.name === 'worker-3' ? fail('SudoRefused', 'worker-3', 'restart-kubelet') : ok,
  };
  await world.run([everybody], script, async (story) => {
    await story.waitsFor(word);
    await approve(story, ann);
    await story.waitsFor('restore-member etcd-2');
    await story.when(() => story.calls.includes('restore-member etcd-3 1'));
    expect(story.calls.filter((call) => call.startsWith('start-'))).toEqual([]);
    const { runId } = await story.status();
    await story.handle.signal(contract.yieldSignal, { runId });
    await approve(story, ann);
    expect(await refusals(story)).toEqual(['etcd is being restored', 'it does not wait for that']);
    cured = true;
    await story.handle.signal(contract.retrySignal, {});
    const done = await story.handle.result();
    expect(done.state).toBe('done');
    expect(story.calls.filter((call) => call.startsWith('restore-member'))).toHaveLength(4);
    expect(skipped(done)).toEqual([expect.stringMatching(/^restart-kubelet worker-3: SudoRefused/)]);
  });
});

test('one whose verification waits makes room for a promotion: what it restored is whole', async () => {
  const script: { 'check-writes': Behaviour } = {
    'check-writes': () => fail('ProblemFound', 'bastion-1', 'check-writes', 'no API server serves'),
  };
  await world.run([everybody], script, async (story) => {
    await story.waitsFor(word);
    await approve(story, ann);
    await story.waitsFor('check-writes bastion-1');
    await story.when(() => story.calls.some((call) => call.startsWith('backup-etcd')));
    await recordRun(story.env, 'restore-2', story.handle.workflowId);
    const { runId } = await story.status();
    await story.handle.signal(contract.yieldSignal, { runId });
    const ended = await story.handle.result();
    expect(ended).toMatchObject({ yielded: true });
    expect(entry(ended, 'restore-member')?.state).toBe('done');
  });
});

test('an abort after the word ends what runs, and starts nothing more', async () => {
  const saving = held('etcd-2');
  await world.run([everybody], { 'save-member': saving.behaviour }, async (story) => {
    await story.waitsFor(word);
    await approve(story, ann);
    await story.when(() => story.calls.includes('save-member etcd-2 1'));
    await story.handle.signal(contract.abortSignal, { reason: 'wrong cluster' });
    const status = await failed(story);
    expect(status).toMatchObject({ state: 'failed', endedBecause: 'wrong cluster' });
    expect(entry(status, 'confirm-restore')?.state).toBe('done');
    const broke = status.steps.filter(({ state }) => state === 'failed').map(({ host }) => host);
    expect(broke).toContain('etcd-2');
    expect(story.calls.filter((call) => /^(restore-member|start-)/.test(call))).toEqual([]);
  });
});
