import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { restoreMember } from '../../../activities/restore-member.ts';
import { saveMember } from '../../../activities/save-member.ts';
import { startEtcd } from '../../../activities/start-etcd.ts';
import { stopEtcd } from '../../../activities/stop-etcd.ts';
import { etcdHold } from '../../../activities/restore/paths.ts';
import { callStep, failureOf } from '../call-step.ts';
import { LocalHost } from '../local-host.ts';
import { put, standIns } from '../pki-fixture.ts';
import { choice, database, etcdHost, etcdTools, etcdUnit, holds, serves, staged } from './etcd-fixture.ts';

let etcd: LocalHost;
const at = (path: string) => etcd.path(path);
const read = (path: string) => readFileSync(at(path), 'utf8').trim();
const stop = () => callStep(stopEtcd, {}, [etcd]);
const save = () => callStep(saveMember, {}, [etcd]);
const restore = () => callStep(restoreMember, { choice }, [etcd]);
const start = () => callStep(startEtcd, {}, [etcd]);

beforeEach(async () => {
  etcd = etcdHost(await LocalHost.make('etcd-1'));
  etcdTools(at('/var/bin'));
  etcdUnit(etcd, at('/var/bin'));
  put(etcd, '/run/state', 'active\n');
});
afterEach(() => etcd.remove());

describe('stop-etcd', () => {
  test('it is stopped, and held over a reboot; a second run finds it so', async () => {
    expect(await stop()).toEqual({ changed: true, summary: 'etcd is stopped, and held' });
    expect(readFileSync(at(etcdHold), 'utf8')).toContain(`ConditionPathExists=!${etcdHold}`);
    expect(statSync(at(etcdHold)).mode & 0o777).toBe(0o644);
    expect(await stop()).toMatchObject({ changed: false });
  });

  test('an attempt that was cut off before systemd knew is finished', async () => {
    put(etcd, etcdHold, 'half');
    put(etcd, '/run/state', 'failed\n');
    expect(await stop()).toMatchObject({ changed: true });
    expect(read('/run/loaded')).toBe(at(etcdHold));
  });

  test('one that does not end is told', async () => {
    put(etcd, '/run/stubborn', '');
    const failure = await failureOf(stop());
    expect(failure).toMatchObject({ type: 'NotYet', detail: { host: 'etcd-1', step: 'stop-etcd' } });
    expect(failure.message).toContain('etcd is active, held');
  });

  test('a systemd that does not answer is never taken for a stopped etcd', async () => {
    standIns(at('/var/bin'), { systemctl: 'echo "Failed to connect to bus" >&2; exit 1' });
    expect(await failureOf(stop())).toMatchObject({ type: 'CommandFailed', detail: { exitCode: 1 } });
  });
});

describe('start-etcd', () => {
  beforeEach(async () => {
    await stop();
    put(etcd, staged, database(103));
    holds(etcd, 'old');
    await save();
    await restore();
    serves(etcd, 103, true);
  });

  test('it is set free, started, and healthy by its own word; a second run finds it so', async () => {
    expect(await start()).toEqual({ changed: true, summary: 'etcd runs and has its quorum' });
    expect(existsSync(at(etcdHold.replace(/\/[^/]*$/, '')))).toBe(false);
    expect([read('/run/loaded'), read('/run/state')]).toEqual(['', 'active']);
    expect(await start()).toMatchObject({ changed: false });
  });

  test('what else was said of the unit stays', async () => {
    put(etcd, etcdHold.replace(/[^/]*$/, 'limits.conf'), 'a person’s');
    await start();
    expect(readdirSync(at(etcdHold.replace(/\/[^/]*$/, '')))).toEqual(['limits.conf']);
  });

  test('without a quorum it goes on by itself, and says what it lacks', async () => {
    rmSync(at('/run/quorum'));
    const failure = await failureOf(start());
    expect(failure).toMatchObject({ type: 'NotYet', detail: { step: 'start-etcd' } });
    expect(failure.message).toContain('not healthy yet: context deadline exceeded');
    put(etcd, '/run/quorum', '');
    expect(await start()).toMatchObject({ changed: false });
  });

  test.each([
    ['nothing', () => rmSync(at('/var/lib/etcd/member'), { recursive: true })],
    ['its old data', () => (rmSync(at('/var/lib/etcd/member'), { recursive: true }), holds(etcd, 'old'))],
  ])('one that holds %s is not started, and stays held', async (_, breakIt) => {
    breakIt();
    expect(await failureOf(start())).toMatchObject({ type: 'ProblemFound', detail: { host: 'etcd-1' } });
    expect(existsSync(at(etcdHold))).toBe(true);
    expect(read('/run/state')).toBe('inactive');
  });
});
