import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { restartControllers } from '../../../activities/restart-controllers.ts';
import { restartKubelet } from '../../../activities/restart-kubelet.ts';
import { startApiServer } from '../../../activities/start-api-server.ts';
import { stopApiServer } from '../../../activities/stop-api-server.ts';
import { HostError } from '../../../hosts/errors.ts';
import { callStep, failureOf } from '../call-step.ts';
import { LocalHost } from '../local-host.ts';
import { put, standIns } from '../pki-fixture.ts';

let master: LocalHost;
const at = (path: string) => master.path(path);
const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const aside = '/etc/kubernetes/holdfast-restore/kube-apiserver.yaml';
const stop = () => callStep(stopApiServer, {}, [master]);
const start = () => callStep(startApiServer, {}, [master]);
const controllers = () => callStep(restartControllers, {}, [master]);
const kubelet = () => callStep(restartKubelet, {}, [master]);

/** One file for each container that runs, which holds its id; `sleep` is where the kubelet works. */
beforeEach(async () => {
  master = await LocalHost.make('master-1');
  put(master, '/run/containers/none', '');
  const running = at('/run/containers');
  standIns(at('/var/bin'), {
    crictl: `[ ! -e ${at('/run/silent')} ] || { echo 'runtime is silent' >&2; exit 1; }
case "$1 $2 $3" in
'ps -q --name') name=\${4#^}; cat "${running}/\${name%$}" 2> /dev/null || true;;
'stop -t 3'|'stop -t 10') shift 3; for id; do echo "$id" >> ${at('/run/ended')}; rm -f -- $(grep -lx "$id" ${running}/*); done;;
*) echo "crictl does not know: $*" >&2; exit 64;; esac`,
    // Patience is not what is tested.
    seq: 'echo 1 2 3 4 5 6',
    sleep: `[ ! -e ${at('/run/kubelet')} ] || for name in $(cat ${at('/run/kubelet')}); do
[ -e ${running}/$name ] || [ ! -e ${at('/etc/kubernetes/manifests')}/$name.yaml ] || echo "new-$name" > ${running}/$name; done`,
    curl: `[ "$*" = "-sk --noproxy * -m 2 https://127.0.0.1:$(cat ${at('/run/port')} 2> /dev/null || echo 6443)/readyz" ] || exit 64
cat ${at('/run/readyz')} 2> /dev/null || exit 7`,
  });
});
afterEach(() => master.remove());

const runs = (name: string, id = `old-${name}`) => put(master, `/run/containers/${name}`, `${id}\n`);
const ended = () =>
  existsSync(at('/run/ended')) ? readFileSync(at('/run/ended'), 'utf8').trim().split('\n') : [];

describe('stop-api-server', () => {
  test('its manifest is put aside, closed to others, and its container ends; a second run finds it so', async () => {
    put(master, manifest, 'api');
    runs('kube-apiserver');
    expect(await stop()).toEqual({
      changed: true,
      summary: `the API server is stopped, its manifest is ${aside}`,
    });
    expect(readFileSync(at(aside), 'utf8')).toBe('api');
    expect(existsSync(at(manifest))).toBe(false);
    expect(statSync(at('/etc/kubernetes/holdfast-restore')).mode & 0o777).toBe(0o700);
    expect(ended()).toEqual(['old-kube-apiserver']);
    expect(await stop()).toMatchObject({ changed: false });
  });

  test('an attempt after one that was cut off ends what still runs', async () => {
    put(master, aside, 'api');
    runs('kube-apiserver');
    expect(await stop()).toMatchObject({ changed: true });
    expect(ended()).toEqual(['old-kube-apiserver']);
  });

  test('a host without one is left alone', async () => {
    runs('kube-controller-manager');
    expect(await stop()).toEqual({ changed: false, summary: 'no API server runs here' });
    expect(ended()).toEqual([]);
  });

  test('one that runs although its manifest is gone is ended', async () => {
    runs('kube-apiserver');
    expect(await stop()).toMatchObject({ changed: true });
    expect(ended()).toEqual(['old-kube-apiserver']);
  });

  test('where the runtime is silent nobody can say that none runs', async () => {
    put(master, '/run/silent', '');
    expect(await failureOf(stop())).toMatchObject({
      type: 'CommandFailed',
      message: expect.stringContaining('runtime is silent') as string,
    });
  });

  test('one that comes back again and again is told', async () => {
    put(master, manifest, 'api');
    runs('kube-apiserver');
    standIns(at('/var/bin'), { sleep: `echo back > ${at('/run/containers/kube-apiserver')}` });
    const failure = await failureOf(stop());
    expect(failure).toMatchObject({ type: 'NotYet', detail: { host: 'master-1', step: 'stop-api-server' } });
    expect(failure.message).toContain('started again and again');
  });

  test('a container runtime that does not answer is not taken for one without containers', async () => {
    put(master, manifest, 'api');
    put(master, '/run/silent', '');
    const failure = await failureOf(stop());
    expect(failure).toMatchObject({ type: 'CommandFailed', detail: { exitCode: 1 } });
    expect(failure.message).toContain('runtime is silent');
    expect(readFileSync(at(aside), 'utf8')).toBe('api');
  });
});

describe('start-api-server', () => {
  beforeEach(() => put(master, aside, '    - --secure-port=6443\n'));

  test('its manifest goes back, and it is ready; a second run finds it so', async () => {
    put(master, '/etc/kubernetes/manifests/etc.yaml', '');
    put(master, '/run/readyz', 'ok');
    expect(await start()).toEqual({ changed: true, summary: 'the API server is ready' });
    expect(existsSync(at(manifest))).toBe(true);
    expect(existsSync(at('/etc/kubernetes/holdfast-restore'))).toBe(false);
    expect(await start()).toMatchObject({ changed: false });
  });

  test('it is asked on the port of its own', async () => {
    put(master, manifest, '    - --bind-address=0.0.0.0\n    - --secure-port=16443\n    - --v=2\n');
    rmSync(at(aside));
    put(master, '/run/port', '16443');
    put(master, '/run/readyz', 'ok');
    expect(await start()).toMatchObject({ changed: false });
  });

  test.each([
    ['says why not', '[-]etcd failed', 'not ready: [-]etcd failed'],
    ['says nothing', undefined, 'not ready: no answer'],
  ])('one that %s is told, and its manifest stays where it is', async (_, said, told) => {
    put(master, '/etc/kubernetes/manifests/etc.yaml', '');
    if (said !== undefined) put(master, '/run/readyz', said);
    const failure = await failureOf(start());
    expect(failure).toMatchObject({ type: 'NotYet', detail: { host: 'master-1' } });
    expect(failure.message).toMatch(new RegExp(`${told.replace(/[[\]]/g, '\\$&')}$`));
    expect(existsSync(at(manifest))).toBe(true);
  });

  test('a host without one is left alone', async () => {
    rmSync(at(aside));
    expect(await start()).toEqual({ changed: false, summary: 'no API server runs here' });
  });

  test('a disk that refuses is told, and the manifest is where it was', async () => {
    standIns(at('/var/bin'), { mv: 'echo "mv: Read-only file system" >&2; exit 1' });
    const failure = await failureOf(start());
    expect(failure).toMatchObject({
      type: 'CommandFailed',
      detail: { step: 'start-api-server', exitCode: 1 },
    });
    expect(existsSync(at(aside))).toBe(true);
  });
});

describe('restart-controllers', () => {
  const both = ['kube-controller-manager', 'kube-scheduler'];
  beforeEach(() => both.forEach((name) => put(master, `/etc/kubernetes/manifests/${name}.yaml`, name)));

  test('each is ended, and the kubelet starts it anew', async () => {
    both.forEach((name) => runs(name));
    runs('kube-apiserver');
    put(master, '/run/kubelet', both.join(' '));
    expect(await controllers()).toEqual({ changed: true, summary: '2 restarted' });
    expect(ended()).toEqual(both.map((name) => `old-${name}`));
  });

  test('one that does not run now, and comes up, needs no ending', async () => {
    put(master, '/run/kubelet', both.join(' '));
    expect(await controllers()).toMatchObject({ changed: true });
    expect(ended()).toEqual([]);
  });

  test('one that runs is ended where the other does not', async () => {
    runs('kube-controller-manager');
    put(master, '/run/kubelet', both.join(' '));
    expect(await controllers()).toMatchObject({ changed: true });
    expect(ended()).toEqual(['old-kube-controller-manager']);
  });

  test('one that stays away is told by name', async () => {
    both.forEach((name) => runs(name));
    put(master, '/run/kubelet', 'kube-controller-manager');
    const failure = await failureOf(controllers());
    expect(failure).toMatchObject({ type: 'NotYet', detail: { step: 'restart-controllers' } });
    expect(failure.message).toContain('restart-controllers: kube-scheduler did not come back');
  });

  test('a host without any is left alone, and a silent runtime is told', async () => {
    put(master, '/run/silent', '');
    expect(await failureOf(controllers())).toMatchObject({ type: 'CommandFailed', detail: { exitCode: 1 } });
    rmSync(at('/etc/kubernetes/manifests'), { recursive: true });
    expect(await controllers()).toEqual({ changed: false, summary: 'none runs here' });
  });
});

describe('restart-kubelet', () => {
  const systemctl = (load: string, restart = ':') =>
    standIns(at('/var/bin'), {
      systemctl: `case "$*" in
'show -p LoadState --value kubelet') ${load};;
'restart kubelet') ${restart};;
'is-active kubelet') echo active;;
*) exit 64;; esac`,
    });

  test('it begins anew, and a host without one is left alone', async () => {
    systemctl('echo loaded');
    expect(await kubelet()).toEqual({ changed: true, summary: 'restarted' });
    systemctl('echo not-found', 'exit 64');
    expect(await kubelet()).toEqual({ changed: false, summary: 'no kubelet runs here' });
  });

  test('a systemd that does not answer, or refuses, is never success', async () => {
    for (const [load, restart] of [['exit 1'], ['echo loaded', 'exit 1']] as const) {
      systemctl(load, restart);
      expect(await failureOf(kubelet())).toMatchObject({ type: 'CommandFailed', detail: { exitCode: 1 } });
    }
  });

  test('a node that is off holds nobody up, and is told', async () => {
    master.on(/./, new HostError('ConnectionLost', 'master-1', 'no route', { next: 'power' }));
    expect(await kubelet()).toEqual({ changed: false, summary: 'no answer: no route', problem: 'no answer' });
    master.on(/./, new HostError('HostKeyMismatch', 'master-1', 'another key', { next: 'look' }));
    expect(await failureOf(kubelet())).toMatchObject({ type: 'HostKeyMismatch' });
  });
});
