import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FoundSnapshots, lookForSnapshots } from '../../../activities/look-for-snapshots.ts';
import { etcdProxyConfigPath } from '../../../cluster/render/etcd-proxy.ts';
import { HostError } from '../../../hosts/errors.ts';
import { callStep, failureOf } from '../call-step.ts';
import { LocalHost } from '../local-host.ts';
import { type Identity, makeIdentity, put } from '../pki-fixture.ts';
import { backupOn, database, etcdHost, etcdTools, holds, serves, snapshotOf } from './etcd-fixture.ts';

let bastion: LocalHost;
let members: [LocalHost, LocalHost, LocalHost];
let master: LocalHost;
let identity: Identity;
const all = () => [bastion, ...members, master];

beforeEach(async () => {
  const names = ['bastion-1', 'master-1', 'etcd-1', 'etcd-2', 'etcd-3'];
  const made = await Promise.all(names.map((name) => LocalHost.make(name)));
  [bastion, master, ...members] = made as [LocalHost, LocalHost, LocalHost, LocalHost, LocalHost];
  members.forEach((host) => etcdHost(host));
  etcdTools(bastion.path('/var/bin'));
  identity = await makeIdentity();
});
afterEach(() => all().forEach((host) => host.remove()));

const input = {
  etcd: ['etcd-1', 'etcd-2', 'etcd-3'],
  apiServers: ['master-1'],
  places: ['bastion-1', 'master-1'],
};
const lookFor = (options: Partial<Identity> = identity) =>
  callStep<'look-for-snapshots', FoundSnapshots>(lookForSnapshots, input, all(), options);
const gone = (host: LocalHost) =>
  host.on(/./, new HostError('ConnectionLost', host.name, 'no answer', { next: 'power' }));

test('members that run, that are off, and that never were; a backup; the API servers', async () => {
  serves(members[0], 300, false);
  holds(members[0], database(299));
  holds(members[1], database(310));
  await backupOn(bastion, 3, snapshotOf(database(103)), identity.recipient);
  put(master, etcdProxyConfigPath, '');
  const { look, summary, changed } = await lookFor();
  expect([changed, summary]).toEqual([false, '3 to restore from, 3 of 3 etcd hosts can take it']);
  expect(look.sources.map(({ name, revision }) => [name, revision])).toEqual([
    ['etcd-2', 310],
    ['etcd-1', 300],
    ['etcd-20260103T120000Z.db.gz.age', 103],
  ]);
  expect(look.serving).toBeUndefined();
  expect(look.members[2]).toEqual({ host: 'etcd-3', name: 'etcd3', peer: 'https://etcd-3:2380' });
  expect(look.apiServers).toEqual([{ host: 'master-1', proxy: true }]);
  expect(look.sources[2]).toMatchObject({ kind: 'backup', at: Date.parse('2026-01-03T12:00:00Z') });
});

test('a quorum is told, at the highest revision that answers with it', async () => {
  serves(members[0], 300, true);
  serves(members[1], 290, true);
  for (const member of members) holds(member, database(1));
  expect((await lookFor()).look.serving).toBe(300);
});

test('the file of a member that waits for its quorum is locked: a copy of it is read, and goes', async () => {
  holds(members[0], database(320));
  const db = members[0].path('/var/lib/etcd/member/snap/db');
  const held = spawn('flock', ['-x', db, 'sh', '-c', 'echo held; exec sleep 20'], { detached: true });
  try {
    await once(held.stdout, 'data');
    expect((await lookFor()).look.sources).toMatchObject([{ name: 'etcd-1', revision: 320 }]);
  } finally {
    process.kill(-(held.pid as number), 'SIGKILL');
  }
  expect(readdirSync(members[0].path('/var/tmp'))).toEqual([]);
});

test('what earlier restores kept is offered, also of one that was cut off between its two renames', async () => {
  holds(members[0], database(50), 'before-restore-89abcdef/');
  holds(members[0], database(60), '.before-restore-fedcba98.part/');
  expect((await lookFor()).look.sources.map(({ name }) => name)).toEqual([
    'etcd-1/.before-restore-fedcba98.part',
    'etcd-1/before-restore-89abcdef',
  ]);
});

test('a database that cannot be read is named, with what the tool said first, after all that can', async () => {
  holds(members[0], 'torn');
  holds(members[1], database(2));
  const [first, broken] = (await lookFor()).look.sources;
  expect(first?.name).toBe('etcd-2');
  expect(broken).toMatchObject({
    name: 'etcd-1',
    problem: 'its database cannot be read: panic: no page of a database',
  });
});

test.each([
  ['was never set up', /there is no .*etcd.env/, () => rmSync(members[2].path('/etc/etcd.env'))],
  ['keeps its log elsewhere', /ETCD_WAL_DIR/, () => etcdHost(members[2], 'ETCD_WAL_DIR=/wal\n')],
  ['has no name', /neither name nor peer/, () => etcdHost(members[2], 'ETCD_NAME=\n')],
  ['does not answer', /no answer/, () => gone(members[2])],
])('a member that %s is told, and left out', async (_, why, breakIt) => {
  breakIt();
  const { look, summary } = await lookFor();
  expect(look.members[2]?.problem).toMatch(why);
  expect(summary).toContain('2 of 3');
});

test('a connection that was lost before a reboot leaves nobody out', async () => {
  let lost = 1;
  members[2].before(/ETCD_WAL_DIR/, () => {
    if (lost-- > 0) throw new HostError('ConnectionLost', 'etcd-3', 'no answer', { next: 'power' });
  });
  expect((await lookFor()).look.members[2]).not.toHaveProperty('problem');
});

test('an API server’s host that does not answer is told', async () => {
  gone(master);
  const { look, problem } = await lookFor();
  expect(look.apiServers).toEqual([{ host: 'master-1', proxy: false, problem: 'no answer' }]);
  expect(problem).toBe('backups are not seen on master-1 (no answer)');
});

test('where no place of backups answers, the members are still offered, and the places named', async () => {
  [bastion, master].forEach(gone);
  holds(members[0], database(5));
  const { look, problem } = await lookFor();
  expect(look.sources).toMatchObject([{ name: 'etcd-1', revision: 5 }]);
  expect(problem).toMatch(/bastion-1 \(no answer\), master-1 \(no answer\)/);
});

test('the newest backup is opened, and one that is not whole sends to the next', async () => {
  const whole = snapshotOf(database(104));
  await backupOn(bastion, 3, snapshotOf(database(103)), identity.recipient);
  const bad = await backupOn(bastion, 4, whole.subarray(0, -1), identity.recipient);
  const { sources } = (await lookFor()).look;
  expect(sources[0]).not.toHaveProperty('problem');
  expect(sources[1]).toMatchObject({
    name: bad,
    problem: expect.stringMatching(/^bastion-1: 1055 bytes/) as string,
  });
  // Another place holds it whole.
  await backupOn(master, 4, whole, identity.recipient);
  expect((await lookFor()).look.sources[0]).toMatchObject({ name: bad, hosts: ['bastion-1', 'master-1'] });
});

test.each([
  ['no key', () => ({}), /HOLDFAST_BACKUP_IDENTITY is not set/],
  ['no file', () => ({ backupIdentity: '/none' }), /\/none cannot be read \(ENOENT\)/],
  ['another’s key', makeIdentity, /cannot be opened/],
])(
  'a worker with %s offers members alone, and says why',
  async (_, key: () => Partial<Identity> | Promise<Identity>, why) => {
    await backupOn(bastion, 3, snapshotOf(database(103)), identity.recipient);
    holds(members[0], database(5));
    const { sources } = (await lookFor(await key())).look;
    expect(sources[0]?.name).toBe('etcd-1');
    expect(sources[1]?.problem).toMatch(why);
  },
);

test('a key with a slip of the pen is never shown, and one with line ends of another system opens', async () => {
  const name = await backupOn(bastion, 3, snapshotOf(database(103)), identity.recipient);
  const key = /AGE-SECRET-KEY-\w+/.exec(identity.localFiles['/key'] ?? '')?.[0] ?? '';
  const slip = key.slice(0, -1) + (key.endsWith('Q') ? 'P' : 'Q');
  const said = await lookFor({ backupIdentity: '/key', localFiles: { '/key': `${slip}\n` } });
  expect(said.look.sources[0]?.problem).toContain('/key holds an age identity that is not whole');
  expect(JSON.stringify(said)).not.toContain(slip.slice(15, 40));
  const { look } = await lookFor({ backupIdentity: '/key', localFiles: { '/key': `${key}\r\n` } });
  expect(look.sources).toMatchObject([{ name, revision: 103 }]);
  expect(look.sources[0]).not.toHaveProperty('problem');
  expect(
    all()
      .flatMap(({ done }) => done)
      .join('\n'),
  ).not.toContain('AGE-SECRET');
});

test('the look changes nothing', async () => {
  holds(members[0], database(5));
  const before = readdirSync(members[0].root, { recursive: true }).sort();
  await lookFor();
  expect(readdirSync(members[0].root, { recursive: true }).sort()).toEqual(before);
  expect(existsSync(members[0].path('/var/lib/holdfast'))).toBe(false);
});

test('a failure of the worker’s own is no host’s', async () => {
  members[0].on(/./, () => {
    throw new TypeError('a defect');
  });
  expect((await failureOf(lookFor())).message).toContain('a defect');
});
