import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StepInputs } from '../../../cluster/steps.ts';
import { restoreMember } from '../../../activities/restore-member.ts';
import { saveMember } from '../../../activities/save-member.ts';
import { callStep, failureOf } from '../call-step.ts';
import { LocalHost } from '../local-host.ts';
import { put, standIns } from '../pki-fixture.ts';
import {
  choice,
  database,
  etcdHost,
  etcdTools,
  etcdUnit,
  holds,
  snapshotOf,
  staged,
} from './etcd-fixture.ts';

let etcd: LocalHost;
const at = (path: string) => etcd.path(path);
const read = (path: string) => readFileSync(at(path), 'utf8').trim();
const kept = '/var/lib/etcd/before-restore-01234567';
const save = () => callStep(saveMember, {}, [etcd]);
const restore = (more: Partial<StepInputs['restore-member']> = {}) =>
  callStep(restoreMember, { choice, ...more }, [etcd]);

beforeEach(async () => {
  etcd = etcdHost(await LocalHost.make('etcd-1'));
  etcdTools(at('/var/bin'));
  etcdUnit(etcd, at('/var/bin'));
  put(etcd, '/run/state', 'active\n');
});
afterEach(() => etcd.remove());

describe('save-member', () => {
  beforeEach(() => put(etcd, '/run/state', 'inactive\n'));

  test('what it held stays, renamed and closed to others; a second run finds it so', async () => {
    holds(etcd, 'old');
    expect(await save()).toMatchObject({
      changed: true,
      summary: expect.stringContaining('MB) is in') as string,
    });
    expect(read(`${kept}/member/snap/db`)).toBe('old');
    expect(statSync(at(kept)).mode & 0o777).toBe(0o700);
    expect(existsSync(at('/var/lib/etcd/member'))).toBe(false);
    expect(await save()).toEqual({ changed: false, summary: `what it held is in ${at(kept)}` });
  });

  test('run again once the member is restored, it leaves the new data alone', async () => {
    for (const old of ['old', undefined]) {
      rmSync(at('/var/lib/etcd'), { recursive: true });
      mkdirSync(at('/var/lib/etcd'));
      if (old !== undefined) holds(etcd, old);
      await save();
      holds(etcd, 'restored');
      expect(await save()).toMatchObject({ changed: false });
      expect(read('/var/lib/etcd/member/snap/db')).toBe('restored');
    }
  });

  test.each([
    ['before its folder was filled', 'member', '.before-restore-01234567.part'],
    ['after', '.before-restore-01234567.part/member', ''],
  ])('cut off %s, it goes on', async (_, data, empty) => {
    put(etcd, `/var/lib/etcd/${data}/snap/db`, 'old');
    mkdirSync(at(`/var/lib/etcd/${empty}/`), { recursive: true });
    expect(await save()).toMatchObject({ changed: true });
    expect(read(`${kept}/member/snap/db`)).toBe('old');
    expect(readdirSync(at('/var/lib/etcd'))).toEqual(['before-restore-01234567']);
  });

  test('what earlier restores kept stays, and one that held nothing says so', async () => {
    holds(etcd, 'older', 'before-restore-89abcdef/');
    expect(await save()).toEqual({ changed: true, summary: 'it held nothing' });
    expect(readdirSync(at('/var/lib/etcd'))).toHaveLength(2);
    expect(read('/var/lib/etcd/before-restore-89abcdef/member/snap/db')).toBe('older');
  });

  test.each(['active', 'activating', 'deactivating', ''])(
    'nothing is touched where etcd is "%s"',
    async (state) => {
      put(etcd, '/run/state', `${state}\n`);
      holds(etcd, 'old');
      expect(await failureOf(save())).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
      expect(read('/var/lib/etcd/member/snap/db')).toBe('old');
    },
  );

  test('a disk that refuses is told, and what it held is where it was', async () => {
    holds(etcd, 'old');
    standIns(at('/var/bin'), { mv: 'echo "mv: Read-only file system" >&2; exit 1' });
    const failure = await failureOf(save());
    rmSync(at('/var/bin/mv'));
    expect(failure).toMatchObject({
      type: 'CommandFailed',
      detail: { host: 'etcd-1', step: 'save-member', exitCode: 1 },
    });
    expect(failure.message).toContain('Read-only file system');
    expect(read('/var/lib/etcd/member/snap/db')).toBe('old');
    expect(await save()).toMatchObject({ changed: true });
  });
});

describe('restore-member', () => {
  beforeEach(() => {
    put(etcd, '/run/state', 'inactive\n');
    put(etcd, staged, snapshotOf(database(103)));
    holds(etcd, 'old', 'before-restore-01234567/');
  });
  const args = () => read('/var/lib/etcd/member/args');

  test('the snapshot becomes the data of one of these members, in a cluster of its own', async () => {
    expect(await restore()).toEqual({ changed: true, summary: 'the member holds the snapshot, one of 2' });
    expect(args()).toBe(
      '--name etcd1 --initial-cluster etcd1=https://etcd-1:2380,etcd2=https://etcd-2:2380 ' +
        '--initial-cluster-token holdfast-restore-01234567 --initial-advertise-peer-urls https://etcd-1:2380 ' +
        `--data-dir ${at('/var/lib/etcd/.restore-01234567')} --bump-revision 1000000000 --mark-compacted`,
    );
    expect(readdirSync(at('/var/lib/etcd')).sort()).toEqual(['before-restore-01234567', 'member']);
    expect(read(`${kept}/member/snap/db`)).toBe('old');
  });

  test('the revision is raised by as much as was chosen', async () => {
    await restore({ choice: { ...choice, bump: 1_000_002_000 } });
    expect(args()).toContain('--bump-revision 1000002000');
  });

  test('a member’s own file has no hash behind it: none is asked for', async () => {
    put(etcd, staged, database(103));
    await restore();
    expect(args()).toMatch(/^--skip-hash-check --name/);
  });

  test('a second run, also while etcd runs, finds it done; cut off before its end it goes on', async () => {
    mkdirSync(at('/var/lib/etcd/.restore-01234567/member/snap'), { recursive: true });
    expect(await restore()).toMatchObject({ changed: true });
    put(etcd, '/run/state', 'active\n');
    mkdirSync(at('/var/lib/etcd/.restore-01234567'));
    expect(await restore()).toMatchObject({ changed: false });
    expect(existsSync(at('/var/lib/etcd/.restore-01234567'))).toBe(false);
  });

  test('other data that came there since is not taken for the restored, nor replaced', async () => {
    holds(etcd, 'of another');
    const failure = await failureOf(restore());
    expect(failure).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
    expect(failure.message).toContain(`${at('/var/lib/etcd/member')} is not what this restore made`);
    expect(read('/var/lib/etcd/member/snap/db')).toBe('of another');
  });

  test('nothing is replaced that was not saved, nor under an etcd that runs', async () => {
    put(etcd, '/run/state', 'activating\n');
    expect((await failureOf(restore())).message).toContain('etcd runs');
    rmSync(at(kept), { recursive: true });
    expect((await failureOf(restore())).message).toContain('was not saved');
    expect(readdirSync(at('/var/lib/etcd'))).toEqual([]);
  });

  test('a full disk is told with its exit code, nothing half becomes the data, and a retry does it', async () => {
    put(etcd, '/run/full', '');
    const failure = await failureOf(restore());
    expect(failure).toMatchObject({ type: 'CommandFailed', detail: { step: 'restore-member', exitCode: 1 } });
    expect(failure.message).toContain('no space left on device');
    expect(existsSync(at('/var/lib/etcd/member'))).toBe(false);
    rmSync(at('/run/full'));
    expect(await restore()).toMatchObject({ changed: true });
  });

  test('a snapshot that is gone is told', async () => {
    rmSync(at(staged));
    expect((await failureOf(restore())).message).toMatch(/snapshot.db.*No such file/);
  });

  test('of two attempts at once the later waits, and finds it done', async () => {
    const results = await Promise.all([restore(), restore()]);
    expect(results.map(({ changed }) => changed).sort()).toEqual([false, true]);
  });

  test('nothing is restored before somebody chose', async () => {
    expect(await failureOf(callStep(restoreMember, {}, [etcd]))).toMatchObject({ type: 'ProblemFound' });
  });
});
