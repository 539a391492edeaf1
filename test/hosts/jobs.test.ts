import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host, JobSpec, JobState } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { killQuietly, standIn, startSshd } from './sshd.ts';
import type { TestSshd } from './sshd.ts';

/*
 * systemd is not everywhere that tests run, so `systemd-run` and `systemctl` are stand-ins that keep a unit as a
 * process: a name is taken once, and is free when the process has ended. test/stories/hosts-job.test.ts is the same
 * on a real one.
 */
let sshd: TestSshd;
let host: Host;
const hosts = sshHosts();
beforeAll(async () => {
  sshd = await startSshd();
  host = hosts.host(sshd.target());
  standInForSystemd(sshd);
});
afterAll(async () => {
  await hosts.close();
  await sshd.stop();
});

test('a job runs apart from its connection: log, environment, and result are on the host', async () => {
  const job = newJob(sh`echo "$GREETING from $(pwd)"; echo err >&2; sleep 0.5; exit 3`, {
    env: { GREETING: `it's "here" $HOME` },
    cwd: '/usr',
  });
  expect(await host.startJob(job)).toEqual({ started: true });
  for (const pid of sshd.sessions()) killQuietly(pid);
  await new Promise((done) => setTimeout(done, 50));
  expect(await ended(job)).toMatchObject({
    state: 'ended',
    rc: 3,
    log: `it's "here" $HOME from /usr\nerr\n`,
  });
});

test('started twice it runs once, also after it has ended', async () => {
  const job = newJob(sh`echo x >> ${join(sshd.dir, 'runs')}; sleep 0.3`);
  const both = await Promise.all([host.startJob(job), host.startJob(job), host.startJob(job)]);
  expect(both.filter((one) => one.started).length).toBeGreaterThanOrEqual(1);
  await ended(job);
  expect(await host.startJob(job)).toEqual({ started: false });
  expect(readFileSync(join(sshd.dir, 'runs'), 'utf8')).toBe('x\n');
});

test('the log is read on from where the last look ended', async () => {
  const job = newJob(sh`echo one; while ! [ -e ${join(sshd.dir, 'go')} ]; do sleep 0.05; done; echo two`);
  await host.startJob(job);
  const first = await until(job, 0, (state) => state.state === 'running' && state.log === 'one\n');
  writeFileSync(join(sshd.dir, 'go'), '');
  const second = await until(job, offsetOf(first), (state) => state.state === 'ended');
  expect(second).toMatchObject({ rc: 0, log: 'two\n', offset: 8 });
});

test('a long log comes in pieces, and no character is cut', async () => {
  const job = newJob(sh`yes äöü | head -n 15000`);
  await host.startJob(job);
  await until(job, 0, (state) => state.state === 'ended');
  let log = '';
  for (let offset = 0; ;) {
    const state = await host.readJob(job.name, job.dir, offset);
    if (state.state === 'absent' || state.offset === offset) break;
    log += state.log;
    offset = state.offset;
  }
  expect(log).toBe('äöü\n'.repeat(15_000));
});

test('a job that was never started is absent', async () => {
  const job = newJob(sh`true`);
  expect(await host.readJob(job.name, job.dir, 0)).toEqual({ state: 'absent' });
});

test('a job that is gone without a result has vanished: neither success nor failure', async () => {
  const job = newJob(sh`echo begun; sleep 60`);
  await host.startJob(job);
  await until(job, 0, (state) => state.state === 'running' && state.log === 'begun\n');
  killQuietly(-Number(readFileSync(join(sshd.dir, 'units', job.name), 'utf8')));
  expect(await until(job, 0, (state) => state.state !== 'running')).toEqual({
    state: 'vanished',
    log: 'begun\n',
    offset: 6,
  });
  expect(await host.startJob(job)).toEqual({ started: false });
});

test('a job that begins while it is looked at runs, and has not vanished', async () => {
  const job = newJob(sh`true`);
  const begins = `mkdir -p ${job.dir} && mkdir ${job.dir}/started 2>/dev/null`;
  standIn(sshd, 'systemctl', `if ${begins}; then echo inactive; else echo active; fi`);
  expect(await host.readJob(job.name, job.dir, 0)).toMatchObject({ state: 'running' });
  standInForSystemd(sshd);
});

test('a job whose start was cut before it ran is started by the next attempt', async () => {
  const job = newJob(sh`echo ran`);
  standIn(sshd, 'systemd-run', 'echo "Failed to connect to bus: No space left on device" >&2; exit 1');
  await expect(host.startJob(job)).rejects.toMatchObject({
    kind: 'CommandFailed',
    message: 'exit code 1: Failed to connect to bus: No space left on device',
  });
  standInForSystemd(sshd);
  expect(await host.startJob(job)).toEqual({ started: true });
  expect(await ended(job)).toMatchObject({ rc: 0, log: 'ran\n' });
});

test('a job ended on purpose is ended with all that it started, and its result is 143', async () => {
  const job = newJob(sh`sleep 61 & sleep 61`);
  await host.startJob(job);
  await until(job, 0, (state) => state.state === 'running');
  await host.stopJob(job.name, job.dir);
  expect(await ended(job)).toMatchObject({ rc: 143 });
  await host.stopJob(job.name, job.dir);
});

test('one that has ended keeps its own result', async () => {
  const job = newJob(sh`exit 4`);
  await host.startJob(job);
  await ended(job);
  await host.stopJob(job.name, job.dir);
  expect(await ended(job)).toMatchObject({ rc: 4 });
});

test('the environment stands in a file that only root reads, never in an argument', async () => {
  const job = newJob(sh`cat /proc/$$/cmdline /proc/$PPID/cmdline | tr '\\0' ' '`, {
    env: { TOKEN: 's3cret' },
  });
  await host.startJob(job);
  const state = await ended(job);
  expect(state).toMatchObject({ rc: 0 });
  expect(JSON.stringify(state)).not.toContain('s3cret');
  expect(statSync(join(job.dir, 'env')).mode & 0o777).toBe(0o600);
  expect(statSync(job.dir).mode & 0o777).toBe(0o700);
});

test('a system manager that does not answer is no answer about the job', async () => {
  const job = newJob(sh`true`);
  standIn(sshd, 'systemctl', 'echo "Failed to connect to bus" >&2; exit 1');
  await expect(host.readJob(job.name, job.dir, 0)).rejects.toMatchObject({ kind: 'CommandFailed' });
  await expect(host.startJob(job)).rejects.toMatchObject({ kind: 'CommandFailed' });
  standInForSystemd(sshd);
  expect(existsSync(job.dir)).toBe(false);
});

let count = 0;
function newJob(command: JobSpec['command'], more: Partial<JobSpec> = {}): JobSpec {
  const name = `holdfast-test-${++count}`;
  return { name, dir: join(sshd.dir, 'jobs', name), command, ...more };
}

const ended = (job: JobSpec) => until(job, 0, (state) => state.state === 'ended');

async function until(job: JobSpec, offset: number, fits: (state: JobState) => boolean): Promise<JobState> {
  for (;;) {
    const state = await host.readJob(job.name, job.dir, offset);
    if (fits(state)) return state;
    await new Promise((done) => setTimeout(done, 50));
  }
}

function offsetOf(state: JobState): number {
  return state.state === 'absent' ? 0 : state.offset;
}

function standInForSystemd(on: TestSshd): void {
  const units = join(on.dir, 'units');
  rmSync(join(on.bin, 'systemd-run'), { force: true });
  standIn(
    on,
    'systemd-run',
    `name=; while [ $# -gt 0 ]; do case $1 in
      --unit=*) name=\${1#--unit=};; --quiet|--collect|--no-block) ;; -*) echo "unknown: $1" >&2; exit 64;; *) break;;
    esac; shift; done
    mkdir -p ${units}
    if [ -s ${units}/$name ] && kill -0 "$(cat ${units}/$name)" 2>/dev/null; then
      echo "Failed to start transient service unit: Unit $name.service was already loaded." >&2; exit 1
    fi
    setsid "$@" < /dev/null > /dev/null 2>&1 &
    echo $! > ${units}/$name`,
  );
  standIn(
    on,
    'systemctl',
    `for last; do :; done; name=\${last%.service}; pid=$(cat ${units}/$name 2>/dev/null)
    alive() { [ -n "$pid" ] && kill -0 $pid 2>/dev/null; }
    case "$1 $2 $3 $4" in
      "show -p ActiveState --value") if alive; then echo active; else echo inactive; fi;;
      "stop "*) alive || { echo "Unit $last not loaded." >&2; exit 5; }; kill -TERM -$pid; while alive; do sleep 0.02; done;;
      *) echo "unknown: $*" >&2; exit 64;;
    esac`,
  );
}
