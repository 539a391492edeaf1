import { existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { snapshotEtcd } from '../../activities/snapshot-etcd.ts';
import { HostError } from '../../hosts/errors.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let bastion: LocalHost;
let members: [LocalHost, LocalHost];

beforeEach(async () => {
  const made = await Promise.all(['bastion-1', 'etcd-1', 'etcd-2'].map((name) => LocalHost.make(name)));
  [bastion, ...members] = made as [LocalHost, LocalHost, LocalHost];
  for (const member of members) put(member, '/etc/etcd.env', `FROM=${member.name}\n`);
  standIns(bastion.path('/var/bin'), {
    etcdctl: 'for last; do :; done; printf "content of $FROM" > "$last"',
    etcdutl: 'grep -q content "$3"',
  });
});
afterEach(() => [bastion, ...members].forEach((host) => host.remove()));

const snapshot = () => callStep(snapshotEtcd, { etcd: ['etcd-1', 'etcd-2'] }, [bastion, ...members]);
const folder = (host: LocalHost) => host.path('/var/lib/holdfast/demo/snapshots');
const files = (host: LocalHost) => readdirSync(folder(host)).filter((name) => name !== 'lock');

test('one member keeps a snapshot that only root may read', async () => {
  expect(await snapshot()).toMatchObject({ changed: true });
  const [name] = files(members[0]) as [string];
  expect(name).toMatch(/^before-promotion-\d{8}T\d{6}Z-01234567\.db$/);
  expect(readFileSync(`${folder(members[0])}/${name}`, 'utf8')).toBe('content of etcd-1');
  expect(statSync(`${folder(members[0])}/${name}`).mode & 0o777).toBe(0o600);
  expect(existsSync(folder(members[1]))).toBe(false);
});

test('a change makes one, however often it is tried', async () => {
  await snapshot();
  expect(await snapshot()).toMatchObject({ changed: false });
  expect(files(members[0])).toHaveLength(1);
});

test('the newest two stay, and what a broken attempt left goes', async () => {
  await snapshot();
  for (const day of ['01', '02', '03'])
    writeFileSync(`${folder(members[0])}/before-promotion-202601${day}T000000Z-89abcdef.db`, 'old');
  const [own] = files(members[0]).filter((name) => name.includes('-01234567')) as [string];
  writeFileSync(`${folder(members[0])}/.before-promotion-20260104T000000Z-89abcdef.db.part`, 'half');
  await callStep(snapshotEtcd, { etcd: ['etcd-1'] }, [bastion, ...members]);
  // It was there already: nothing is cleared away.
  expect(files(members[0])).toHaveLength(5);
  writeFileSync(`${folder(members[0])}/${own}`, '');
  renameSync(
    `${folder(members[0])}/${own}`,
    `${folder(members[0])}/before-promotion-20260105T000000Z-fedcba98.db`,
  );
  await snapshot();
  expect(files(members[0]).map((name) => name.slice(-11, -3))).toEqual(['fedcba98', '01234567']);
});

test('a member that is dead, or gives none, is passed over', async () => {
  members[0].on(/./, new HostError('ConnectionLost', 'etcd-1', 'silent', { next: 'wait' }));
  expect((await snapshot()).summary).toContain('on etcd-2');
});

test('where none gives one, nothing half is left, and each is named', async () => {
  standIns(bastion.path('/var/bin'), { etcdutl: 'echo broken >&2; exit 1' });
  const failure = await failureOf(snapshot());
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toMatch(/etcd-\d: .*broken.*; etcd-\d: .*broken/s);
  expect(files(members[0]).filter((name) => !name.startsWith('.'))).toEqual([]);
});
