import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ensureNice } from '../../activities/priority.ts';
import { balancerHost } from './balancer-hosts.ts';
import { LocalHost } from './local-host.ts';
import { standIns } from './pki-fixture.ts';

const unit = 'holdfast-etcd-proxy.service';
const never = new AbortController().signal;

/** A host whose threads have these nicenesses, one answer a look. */
function hostWith(...looks: string[]) {
  return balancerHost('master-1', '10.0.0.31')
    .on(/ps -L -o ni=/, () => ({ stdout: looks.shift() ?? '' }))
    .on(/renice/);
}
const changes = (host: ReturnType<typeof hostWith>) => host.done.filter((what) => what.includes('renice'));

test('threads that have the niceness of the unit file stay as they are', async () => {
  const host = hostWith('-15\n');
  expect(await ensureNice(host, unit, -15, never)).toEqual({ changed: false });
  expect(changes(host)).toEqual([]);
});

test.each([
  ['all of a process that is older than the unit file', '  0\n'],
  ['one child that is older', '-15\n  0\n'],
])('%s are given it without a restart', async (_, before) => {
  const host = hostWith(before, '-15\n');
  expect(await ensureNice(host, unit, -15, never)).toEqual({ changed: true });
  expect(changes(host)).toEqual([expect.stringMatching(/renice -n -15 -p "\$thread"/)]);
});

test.each([
  ['keeps another', '  0\n', /with a niceness of 0, not -15/],
  ['has none to tell', '', /nobody knows what/],
])('a process that %s is no success', async (_, after, message) => {
  const host = hostWith('  0\n', after);
  await expect(ensureNice(host, unit, -15, never)).rejects.toMatchObject({
    kind: 'NotYet',
    message: expect.stringMatching(message) as string,
  });
});

test('processes that run are given it for real, with every thread, and go on', async () => {
  const host = await LocalHost.make('master-1');
  const program = `require('node:child_process').spawn('sleep', ['60']).on('spawn', () => console.log('up'));`;
  const main = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => {
    const children = spawnSync('ps', ['-o', 'pid=', '--ppid', `${main.pid}`], { encoding: 'utf8' }).stdout;
    for (const pid of children.trim().split(/\s+/).map(Number)) process.kill(pid);
    main.kill();
    host.remove();
  });
  await once(main.stdout, 'data');
  standIns(host.path('/var/bin'), { systemctl: `echo ${main.pid}` });
  expect(await ensureNice(host, unit, 5, never)).toEqual({ changed: true });
  expect(await ensureNice(host, unit, 5, never)).toEqual({ changed: false });
  const { stdout } = spawnSync('ps', ['-L', '-o', 'pid=,ni=', '-p', `${main.pid}`, '--ppid', `${main.pid}`], {
    encoding: 'utf8',
  });
  const threads = stdout.trim().split('\n');
  expect(threads.length).toBeGreaterThan(5);
  expect(threads.filter((line) => !line.endsWith(' 5'))).toEqual([]);
});
