import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ChangeStatus } from '../../cluster/status.ts';
import { restorePlan } from '../../cluster/restore/plan.ts';
import { confirmByTyping } from '../../client/confirm.ts';
import { person } from '../../client/person.ts';
import * as contract from '../../workflows/contract.ts';
import { exampleCluster, exampleText } from '../cluster/example.ts';
import { backup, lookAt, ofMember } from '../cluster/restore/looks.ts';
import { useStandIns } from './stand-in/world.ts';

vi.mock('../../client/confirm.ts', { spy: true });

const everybody = lookAt(exampleCluster('small'));
/** What the look finds, and the activities that began behind it. */
const scene = { look: (): typeof everybody => everybody, looks: 0, done: [] as string[] };

/** The verb against the workflow itself, whose activities touch nothing. */
const world = useStandIns({
  workflowsPath: join(import.meta.dirname, '..', '..', 'workflows', 'index.ts'),
  cached: true,
  activities: {
    lookForSnapshots: () => {
      const look = scene.look();
      scene.looks += 1;
      return Promise.resolve({
        changed: false,
        summary: 'looked',
        look: { ...look, at: look.at + scene.looks },
      });
    },
    default: () => {
      scene.done.push(Context.current().info.activityType);
      return Promise.resolve({ changed: true, summary: 'done' });
    },
  },
});

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'holdfast-restore-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  scene.look = () => everybody;
  scene.done = [];
  vi.mocked(confirmByTyping).mockReset();
});

async function specOf(cluster: string): Promise<string> {
  const file = join(folder, `${cluster}.yaml`);
  await writeFile(file, exampleText('small').replace('cluster: small', `cluster: ${cluster}`));
  return file;
}

const handleOf = (cluster: string) => world.env.client.workflow.getHandle(contract.changeId(cluster));
const statusOf = (cluster: string) => handleOf(cluster).query(contract.statusQuery);
const end = (cluster: string) => handleOf(cluster).terminate();
const waits = (cluster: string) =>
  expect
    .poll(async () => (await statusOf(cluster)).waitingFor.map(({ step }) => step), { timeout: 20_000 })
    .toEqual(['confirm-restore']);

async function begin(cluster: string, workflowType = 'restore'): Promise<void> {
  const spec = { ...exampleCluster('small'), name: cluster };
  await world.env.client.workflow.start(workflowType, {
    taskQueue: contract.taskQueue,
    workflowId: contract.changeId(cluster),
    args: [{ spec, plan: restorePlan(spec) }],
    typedSearchAttributes: [{ key: contract.clusterAttribute, value: cluster }],
  });
}

test('shows the offer, asks with the name to type, tells the workflow who and why, and follows it to its end', async () => {
  const spec = await specOf('asked');
  vi.mocked(confirmByTyping).mockResolvedValueOnce();
  const { code, out } = await world.run('restore', '--spec', spec, '--reason', 'fire');
  expect(vi.mocked(confirmByTyping).mock.calls).toEqual([
    [expect.stringMatching(/^Restore etcd of asked from etcd-2: revision 4711, /), 'asked', undefined],
  ]);
  expect(out).toMatch(/^asked: http.*\nasked: etcd can be restored from\n→ data of etcd-2 \(revision 4711, /);
  expect(out).toMatch(/done: asked restore after/);
  expect(code).toBe(0);
  expect(scene.done).toContain('restoreMember');
  const { steps } = (await handleOf('asked').result()) as ChangeStatus;
  expect(steps.find(({ step }) => step === 'confirm-restore')?.summary).toContain(
    `${person()}: fire; etcd-2`,
  );
});

test('without the typed name nothing is touched, the change ends, and its spec does not count as applied', async () => {
  const spec = await specOf('declined');
  expect(await world.run('restore', '--spec', spec)).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --yes') as string,
  });
  await expect(handleOf('declined').result()).rejects.toThrow();
  const unknown = await world.run('restore', '--spec', spec, '--from', 'etcd-9', '--yes');
  expect(unknown).toMatchObject({ code: 2, err: 'declined: there is no etcd-9' });
  expect(await world.run('restore', 'declined')).toMatchObject({
    code: 2,
    err: 'declined: Temporal does not know its hosts; name its spec: --spec FILE',
  });
  expect(scene.done).toEqual([]);
});

test('one that waits for its word is taken up, looks again, and restores what is named', async () => {
  scene.look = () => ({ ...everybody, sources: [ofMember] });
  await begin('waiting');
  await waits('waiting');
  scene.look = () => everybody;
  const { runId } = await handleOf('waiting').describe();
  const { code, out } = await world.run('restore', 'waiting', '--from', backup.name, '--yes');
  expect(out).toContain(`→ backup ${backup.name}`);
  expect(code).toBe(0);
  expect((await handleOf('waiting').describe()).runId).toBe(runId);
});

test('beside another change nothing is started, and that one goes on', async () => {
  await begin('busy', 'bringUp');
  const said = await world.run('restore', 'busy', '--spec', await specOf('busy'), '--yes');
  expect(said).toMatchObject({ code: 2, err: expect.stringContaining('Nothing was started') as string });
  await end('busy');
});

test('a look that waits for a person is exit code 3, and says what would help', async () => {
  scene.look = () => {
    throw ApplicationFailure.nonRetryable('no key', 'ProblemFound');
  };
  const said = await world.run('restore', '--spec', await specOf('blind'), '--yes');
  expect(said.code).toBe(3);
  expect(said.err).toContain('holdfast retry blind --step look-for-snapshots');
  await end('blind');
});

test('whoever does not confirm ends nothing that another person has approved meanwhile', async () => {
  await begin('shared');
  await waits('shared');
  scene.done = [];
  vi.mocked(confirmByTyping).mockImplementationOnce(async () => {
    await handleOf('shared').signal('approve', { reason: 'fire', by: 'ann@laptop' });
    await statusOf('shared');
    throw new Error('nothing is not shared');
  });
  await world.run('restore', 'shared').catch(() => undefined);
  expect(await handleOf('shared').result()).toMatchObject({ state: 'done' });
});

test('a word that the workflow refuses is exit code 2 in its words, and restores nothing', async () => {
  await begin('changed');
  await waits('changed');
  vi.mocked(confirmByTyping).mockImplementationOnce(async () => {
    scene.look = () => ({ ...everybody, sources: [backup] });
    await handleOf('changed').signal('retry', {});
    await expect
      .poll(async () => (await statusOf('changed')).waitingFor[0]?.error.message, { timeout: 20_000 })
      .toContain(backup.name);
  });
  expect(await world.run('restore', 'changed')).toMatchObject({
    code: 2,
    err: `changed: approve was refused: there is no ${ofMember.name}`,
  });
  expect(scene.done).toEqual([]);
  await end('changed');
});
