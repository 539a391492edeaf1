import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { changeState } from '../../activities/change-state.ts';
import { stopWatching } from '../../activities/stop-watching.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import type { AccessInput } from '../../cluster/access.ts';
import { samePicture } from '../../cluster/failover/same-picture.ts';
import type { WatchCall } from '../../cluster/failover/watch-input.ts';
import { person } from '../../client/person.ts';
import { accessId, changeId, failoverId, specQuery } from '../../workflows/contract.ts';
import { edited } from '../cluster/edited.ts';
import { clusterOf } from '../cluster/example.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { promoted } from '../workflows/failover-pictures.ts';
import { recordRun } from '../workflows/record.ts';
import { facts } from '../workflows/world.ts';
import { useStandIns } from './stand-in/world.ts';

/** What is seen; a test may change it. */
const scene = { picture: pictureOf({}), othersServe: false, nodesStay: false };

const withoutMaster1 = pictureOf({ masters: { 'master-1': 'off' } });

/** The verbs against the failover workflow itself, whose activities see `scene` and do nothing. */
const world = useStandIns({
  workflowsPath: join(import.meta.dirname, '..', '..', 'workflows', 'index.ts'),
  activities: {
    changeState: changeState(),
    stopWatching: stopWatching({
      hosts: fakeHosts(fakeHost('bastion-1')),
      readLocalFile: () => Promise.reject(new Error('no file')),
    }),
    watch: async ({ known, returnInMs }: WatchCall) => {
      const { cancellationSignal } = Context.current();
      const since = Date.now();
      const isNew = () => !known || !samePicture(known, scene.picture);
      while (!isNew() && Date.now() < since + returnInMs) {
        Context.current().heartbeat();
        if (cancellationSignal.aborted) throw cancellationSignal.reason;
        await sleep(20);
      }
      return { picture: scene.picture, since, until: Date.now() };
    },
    checkCandidates: ({ candidates }: { candidates: readonly string[] }) =>
      Promise.resolve(Object.fromEntries(candidates.map((name) => [name, {}]))),
    notify: () => Promise.resolve(),
    /** The last step: by then the promoted worker-1 is seen to serve. */
    checkWrites: () => {
      scene.picture = promoted(scene.picture);
      return Promise.resolve({ changed: true, summary: 'done' });
    },
    checkControlPlane: () => {
      if (scene.othersServe) return Promise.resolve({ changed: false, summary: 'ready: all' });
      return Promise.reject(ApplicationFailure.nonRetryable('master-2: silent', 'ProblemFound'));
    },
    removeNodes: () =>
      scene.nodesStay
        ? Promise.reject(ApplicationFailure.nonRetryable('a pod may not be moved', 'JobFailed'))
        : Promise.resolve({ changed: true, summary: 'removed' }),
    giveAccess: ({ user, role, taken }: AccessInput) =>
      user === 'ann'
        ? Promise.resolve({ changed: true, summary: `ann: ${taken ? 'nothing' : role}` })
        : Promise.reject(ApplicationFailure.nonRetryable(`there is no user ${user}`, 'ProblemFound')),
    stopControlPlane: () => {
      scene.picture = withoutMaster1;
      return Promise.resolve({ changed: true, summary: 'stopped' });
    },
    gatherFacts: ({ target }: { target: { name: string; address: string } }) =>
      Promise.resolve({
        ...facts(target.name),
        addresses: [{ cidr: `${target.address}/24`, interface: 'eth0' }],
      }),
    default: () => Promise.resolve({ changed: true, summary: 'done' }),
  },
});

const spec = clusterOf(edited((loose: { cluster: string }) => (loose.cluster = 'watched')));
const run = (...args: string[]) => world.run(...args);

const says = () =>
  expect.poll(async () => (await run('status', 'watched')).out, { timeout: 30_000, interval: 500 });

beforeAll(() => world.failover(spec));

test('status shows what it sees', async () => {
  await says().toContain('candidates: worker-1 ready');
  const { code, out } = await run('status', 'watched');
  expect(code).toBe(0);
  expect(out).toMatch(/^watched: failover: watching since/);
  expect(out).toContain('address internal: held by lb-1, API ready');
  expect(out).toMatch(/master-1 +ssh 3\/3, api ready, Ready/);
});

test('pause, resume, approve, retry and forget are followed or refused in its words', async () => {
  expect(await run('pause', 'watched', '--reason', 'works')).toMatchObject({ code: 0 });
  expect((await run('status', 'watched')).out).toContain(`${person()}: works`);
  expect(await run('promote', 'watched', '--reason', 'x')).toMatchObject({
    code: 2,
    err: expect.stringContaining('promote was refused: it is paused') as string,
  });
  expect(await run('resume', 'watched')).toMatchObject({ code: 0 });
  expect(await run('resume', 'watched')).toMatchObject({ code: 2 });
  expect(await run('approve', 'watched', '--reason', 'x')).toMatchObject({
    code: 2,
    err: 'watched: approve was refused: nothing waits for an approval',
  });
  expect(await run('retry', 'watched')).toMatchObject({
    code: 2,
    err: expect.stringContaining('nothing was given up') as string,
  });
  expect(await run('failover', 'watched', '--forget', 'master-1', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('its API server serves') as string,
  });
  expect(await run('promote', 'watched', '--candidate', 'lb-1', '--reason', 'x')).toMatchObject({
    code: 2,
    err: expect.stringContaining('lb-1 is no candidate') as string,
  });
});

test('promote is followed to its end, and a master that is off can be forgotten', async () => {
  scene.picture = pictureOf({ masters: { 'master-1': 'off' } });
  await says().toMatch(/master-1 +ssh 0\/3/);
  const { code, out, err } = await run('promote', 'watched', '--reason', 'a test');
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(out).toMatch(/^watched: promotion holdfast:watched:change: http/);
  expect(out).toContain('phase control-plane: done');
  expect(out).toMatch(/done: watched promote after/);
  await says().toContain('promoted: worker-1');
  expect(await run('failover', 'watched', '--forget', 'master-1', '--yes')).toMatchObject({ code: 0 });
  const { out: now } = await run('status', 'watched');
  expect(now).toContain('forgotten: master-1');
  expect(now).toMatch(/^newest change: promote, done/);
});

test('demote is refused where nobody is promoted, without a word of the name, and while the masters are off', async () => {
  const demote = (...more: string[]) => run('demote', 'watched', '--reason', 'x', ...more);
  expect(await demote('--host', 'worker-2', '--yes')).toMatchObject({
    code: 2,
    err: 'watched: demote was refused: worker-2 is not promoted: worker-1 is',
  });
  expect(await demote('--host', 'worker-1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --yes') as string,
  });
  scene.picture = promoted(pictureOf({ masters: { 'master-1': 'off', 'master-2': 'off' } }));
  await says().toMatch(/master-2 +ssh 0\/3/);
  expect(await demote('--host', 'worker-1', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('1 of the spec’s 3 control-plane nodes serve') as string,
  });
  expect((await run('status', 'watched')).out).toMatch(/^newest change: promote, done/);
});

test('demote waits where a step does, is refused twice, and failover knows of its end at once', async () => {
  scene.picture = promoted(withoutMaster1);
  await says().not.toMatch(/master-2 +ssh 0\/3/);
  const demote = () => run('demote', 'watched', '--host', 'worker-1', '--reason', 'back', '--yes');
  const first = await demote();
  expect({ code: first.code, out: first.out }).toMatchObject({
    code: 3,
    out: expect.stringContaining('check-control-plane') as string,
  });
  expect(await demote()).toMatchObject({
    code: 2,
    err: expect.stringContaining('watched: a change runs since') as string,
  });
  scene.othersServe = true;
  expect(await run('retry', 'watched')).toMatchObject({ code: 0 });
  const { code, out } = await run('watch', 'watched');
  expect(code).toBe(0);
  expect(out).toMatch(/done: watched demote after/);
  await says().toContain(`worker-1 is a worker node alone again (${person()}: back)`);
  expect((await run('status', 'watched')).out).not.toContain('promoted: worker-1');
  await recordRun(world.env, 'demote', changeId('watched'));
});

test('access is given and taken beside a change, and who cannot have it is told why', async () => {
  const access = (...more: string[]) => run('access', 'watched', '--user', ...more);
  expect(await access('ann', '--namespace', 'apps')).toMatchObject({ code: 0, out: 'bastion-1: ann: view' });
  await recordRun(world.env, 'access', accessId('watched', 'ann'));
  expect(await access('ann', '--revoke')).toMatchObject({ code: 0, out: 'bastion-1: ann: nothing' });
  const refused = await access('bob', '--role', 'edit');
  expect({ code: refused.code, err: refused.err }).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no user bob') as string,
  });
  await recordRun(world.env, 'access-refused', accessId('watched', 'bob'));
  expect(await access('ann', '--expires', '1m')).toMatchObject({ code: 2 });
  expect(await access('Ann; reboot')).toMatchObject({ code: 2 });
});

const folder = mkdtempSync(join(tmpdir(), 'holdfast-specs-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** The spec on disk, without some of its hosts. */
function specFile(name: string, ...without: readonly string[]): string {
  const text = edited((loose: { cluster: string; hosts: { name: string }[] }) => {
    loose.cluster = 'watched';
    loose.hosts = loose.hosts.filter((host) => !without.includes(host.name));
  });
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
const recordedHosts = async () =>
  (await world.env.client.workflow.getHandle(failoverId('watched')).query(specQuery)).hosts.map(
    ({ name }) => name,
  );

test('host remove takes out the worker node that the spec names no more, on a typed word, and host add brings it back', async () => {
  const [whole, smaller] = [specFile('whole.yaml'), specFile('smaller.yaml', 'worker-3')];
  const refused = (err: string) => ({ code: 2, err: expect.stringContaining(err) as string });
  expect(await run('host', 'add', smaller)).toMatchObject(refused('has no host more'));
  expect(await run('host', 'remove', whole, '--yes')).toMatchObject(refused('names every host'));
  expect(await run('host', 'remove', smaller)).toMatchObject(refused('add --yes'));
  expect(await run('up', smaller)).toMatchObject(refused('1 of these cannot be done by up'));
  expect(await recordedHosts()).toContain('worker-3');

  const removed = await run('host', 'remove', smaller, '--yes');
  expect(removed).toMatchObject({ code: 0 });
  expect(removed.out).toContain('phase remove: done');
  expect(removed.out).toMatch(/done: watched removeHosts after/);
  await recordRun(world.env, 'remove-hosts', changeId('watched'));
  await expect.poll(recordedHosts).not.toContain('worker-3');
  expect(await run('host', 'remove', smaller, '--yes')).toMatchObject(refused('names every host'));

  const added = await run('host', 'add', whole);
  expect({ code: added.code, err: added.err }).toMatchObject({ code: 0 });
  expect(added.out).toContain('add-nodes');
  await expect.poll(recordedHosts).toContain('worker-3');
});

test('a removal that is aborted before the playbook has run leaves the spec that names the host', async () => {
  scene.nodesStay = true;
  const smaller = specFile('smaller.yaml', 'worker-3');
  expect(await run('host', 'remove', smaller, '--yes')).toMatchObject({ code: 3 });
  expect(await run('abort', 'watched', '--reason', 'not yet')).toMatchObject({ code: 0 });
  await expect.poll(async () => (await run('status', 'watched')).out).toContain('removeHosts: failed');
  expect(await recordedHosts()).toContain('worker-3');
});

test('reset takes the cluster down on its typed name, and then nothing watches it and nothing counts as applied', async () => {
  expect(await run('reset', 'watched')).toMatchObject({
    code: 2,
    err: expect.stringContaining('from 12 hosts: not on a terminal, where the name would be typed') as string,
  });
  const { code, out } = await run('reset', 'watched', '--yes');
  expect(code).toBe(0);
  expect(out).toContain('phase reset: done');
  await recordRun(world.env, 'reset', changeId('watched'));
  expect((await world.env.client.workflow.getHandle(failoverId('watched')).describe()).status.name).toBe(
    'TERMINATED',
  );
  expect(await run('host', 'add', specFile('whole.yaml'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('nothing was applied yet') as string,
  });
});
