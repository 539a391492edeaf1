import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stageSnapshot } from '../../../activities/stage-snapshot.ts';
import type { RestoreChoice } from '../../../cluster/restore/offer.ts';
import type { StepInputs } from '../../../cluster/steps.ts';
import { HostError } from '../../../hosts/errors.ts';
import { callStep, failureOf } from '../call-step.ts';
import { LocalHost } from '../local-host.ts';
import { type Identity, makeIdentity, put } from '../pki-fixture.ts';
import { backupOn, database, etcdHost, etcdTools, holds, serves, snapshotOf } from './etcd-fixture.ts';

let bastion: LocalHost;
let members: [LocalHost, LocalHost];
let identity: Identity;
const dir = '/var/lib/holdfast/demo/restore-01234567';

beforeEach(async () => {
  const made = await Promise.all(['bastion-1', 'etcd-1', 'etcd-2'].map((name) => LocalHost.make(name)));
  [bastion, ...members] = made as [LocalHost, LocalHost, LocalHost];
  members.forEach((host) => etcdHost(host));
  etcdTools(bastion.path('/var/bin'));
  identity = await makeIdentity();
});
afterEach(() => [bastion, ...members].forEach((host) => host.remove()));

function stage(name: string, kind: 'backup' | 'member' = 'member') {
  const choice: RestoreChoice = {
    source: { name, kind, hosts: [], at: 0 },
    members: members.map(({ name: host }) => ({ host })),
  };
  const input: StepInputs['stage-snapshot'] = { places: ['bastion-1', 'etcd-2'], choice };
  return callStep(stageSnapshot, input, [bastion, ...members], identity);
}
const at = (host: LocalHost, file = 'snapshot.db') => readFileSync(host.path(`${dir}/${file}`));
const inFolder = (host: LocalHost) => (existsSync(host.path(dir)) ? readdirSync(host.path(dir)).sort() : []);
const mode = (path: string) => statSync(path).mode & 0o777;

test('a backup stands the same on every member, for root alone, and its key in no command', async () => {
  // Of several pieces.
  const content = snapshotOf(database(103, 20_000));
  const name = await backupOn(bastion, 3, content, identity.recipient);
  expect(await stage(name, 'backup')).toMatchObject({
    changed: true,
    summary: expect.stringMatching(
      /^etcd-20260103T120000Z.db.gz.age \(10.2 MB, sha256 \w{12}…\) to etcd-1, etcd-2: revision 103, 7 keys$/,
    ) as string,
  });
  for (const member of members) {
    expect(at(member).equals(content)).toBe(true);
    expect([mode(member.path(dir)), mode(member.path(`${dir}/snapshot.db`))]).toEqual([0o700, 0o600]);
    expect(inFolder(member)).toEqual(['snapshot.db']);
  }
  const commands = [bastion, ...members].flatMap(({ done }) => done).join('\n');
  expect(commands).not.toMatch(/AGE-SECRET|db 103/);
  expect(await stage(name, 'backup')).toMatchObject({ changed: false });
});

test('a member that answers, with a quorum or without, gives what it has applied', async () => {
  serves(members[0], 300, false);
  holds(members[0], database(299));
  expect((await stage('etcd-1')).summary).toContain('revision 300');
  for (const member of members) expect(at(member).equals(snapshotOf(database(300)))).toBe(true);
  expect(mode(members[0].path(`${dir}/source.db`))).toBe(0o600);
});

test('of one that does not, its file is copied, and of what was kept that file', async () => {
  holds(members[0], database(299), '');
  expect((await stage('etcd-1')).summary).toContain('revision 299');
  expect(at(members[1]).equals(database(299))).toBe(true);
});

test('what an earlier restore kept is copied, though the member runs', async () => {
  serves(members[1], 300, true);
  holds(members[1], database(42), 'before-restore-89abcdef/');
  expect((await stage('etcd-2/before-restore-89abcdef')).summary).toContain('revision 42');
  expect(existsSync(members[1].path('/var/lib/etcd/before-restore-89abcdef/member/snap/db'))).toBe(true);
});

test('an attempt after one that was cut off takes the same, and leaves nothing half', async () => {
  holds(members[0], database(299));
  members[1].before(/^mv -f/, () => {
    throw new HostError('ConnectionLost', 'etcd-2', 'no answer', { next: 'power' });
  });
  expect(await failureOf(stage('etcd-1'))).toMatchObject({ type: 'ConnectionLost' });
  expect(inFolder(members[1])).toEqual([]);
  const later = new LocalHost('etcd-2', members[1].root);
  members = [members[0], later];
  put(later, `${dir}/snapshot.db.89abcdef.part`, 'of a worker that was killed');
  holds(members[0], database(305));
  expect((await stage('etcd-1')).summary).toContain('revision 299');
  expect([inFolder(later), inFolder(members[0])]).toEqual([['snapshot.db'], ['snapshot.db', 'source.db']]);
});

test('a member that has another than the rest gets the same anew', async () => {
  holds(members[0], database(299));
  await stage('etcd-1');
  writeFileSync(members[1].path(`${dir}/snapshot.db`), database(7));
  expect(await stage('etcd-1')).toMatchObject({ changed: true });
  expect(at(members[1]).equals(database(299))).toBe(true);
});

test('a file that etcd wrote into while it was copied, or that is torn, is not taken', async () => {
  holds(members[0], 'torn');
  const failure = await failureOf(stage('etcd-1'));
  expect(failure).toMatchObject({
    type: 'CommandFailed',
    detail: { host: 'etcd-1', step: 'stage-snapshot', exitCode: 2 },
  });
  expect(failure.message).toContain('no page of a database');
  expect(inFolder(members[0])).toEqual([]);
  holds(members[0], database(299));
  expect(await stage('etcd-1')).toMatchObject({ changed: true });
});

test('a broken copy of a backup is passed over for a whole one in another place', async () => {
  const content = snapshotOf(database(103, 20_000));
  const name = await backupOn(bastion, 3, content, identity.recipient);
  const file = `/var/lib/holdfast/demo/backups/${name}`;
  await backupOn(members[1], 3, content, identity.recipient);
  const sealed = readFileSync(bastion.path(file));
  put(bastion, file, sealed.subarray(0, -20));
  expect(await stage(name, 'backup')).toMatchObject({ changed: true });
  expect(at(members[0]).equals(content)).toBe(true);
});

test('a backup that was never a whole snapshot reaches no member', async () => {
  const content = snapshotOf(database(103));
  content[700] = 1;
  const name = await backupOn(bastion, 3, content, identity.recipient);
  const failure = await failureOf(stage(name, 'backup'));
  expect(failure.message).toContain('no whole snapshot: its hash is not that of its content');
  expect(members.map(inFolder)).toEqual([[], []]);
});

test('a backup that is gone meanwhile is told', async () => {
  expect(await failureOf(stage('etcd-20260103T120000Z.db.gz.age', 'backup'))).toMatchObject({
    type: 'ProblemFound',
    message: expect.stringContaining('is gone') as string,
  });
});

test('a disk that takes no more is told, and the half goes', async () => {
  holds(members[0], database(299));
  members[1].on(/^cat >> /, { code: 1, stderr: 'cat: write error: No space left on device' });
  const failure = await failureOf(stage('etcd-1'));
  expect(failure).toMatchObject({ type: 'CommandFailed', detail: { host: 'etcd-2', exitCode: 1 } });
  expect(failure.message).toContain('No space left');
  expect(members.map(inFolder)).toEqual([['source.db'], []]);
});

test('what does not arrive whole gets no name', async () => {
  holds(members[0], database(299));
  members[1].on(/^cat >> /, {});
  const failure = await failureOf(stage('etcd-1'));
  expect(failure).toMatchObject({ type: 'NotYet', detail: { host: 'etcd-2' } });
  expect(inFolder(members[1])).toEqual([]);
});

test('a member without room for the restored data is told before anything is stopped', async () => {
  holds(members[0], database(299));
  for (const free of ['134218751', 'unknown']) {
    put(members[1], '/run/free', `${free}\n`);
    expect(await failureOf(stage('etcd-1'))).toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('beside the old') as string,
      detail: { host: 'etcd-2' },
    });
  }
  put(members[1], '/run/free', '134218752\n');
  expect(await stage('etcd-1')).toMatchObject({ changed: false });
});

test('two attempts at once do not take each other’s half', async () => {
  holds(members[0], database(299));
  mkdirSync(members[0].path(dir), { recursive: true });
  const results = await Promise.allSettled([stage('etcd-1'), stage('etcd-1')]);
  expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(at(members[0], 'source.db').equals(database(299))).toBe(true);
  expect(members.map((member) => at(member).equals(database(299)))).toEqual([true, true]);
});

test('nothing is staged before somebody chose', async () => {
  const run = callStep(stageSnapshot, { places: [] }, [bastion, ...members], identity);
  expect(await failureOf(run)).toMatchObject({ type: 'ProblemFound' });
});
