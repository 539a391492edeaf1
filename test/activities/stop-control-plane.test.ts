import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stopControlPlane } from '../../activities/stop-control-plane.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let worker: LocalHost;
const manifests = '/etc/kubernetes/manifests';
const names = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
let masters: LocalHost[];
const run = () =>
  callStep(stopControlPlane, { controlPlane: ['master-1', 'master-2'], needed: 2 }, [worker, ...masters]);
const at = (path: string) => worker.path(path);

/** The containers that a runtime has are lines of a file; a kubelet ends one at each look once the manifests are gone. */
beforeEach(async () => {
  worker = await LocalHost.make('worker-1');
  masters = await Promise.all(['master-1', 'master-2'].map((name) => LocalHost.make(name)));
  for (const master of masters) master.on(/127\.0\.0\.1:6443\/readyz/, { stdout: '200' });
  put(worker, '/run/containers', '');
  standIns(at('/var/bin'), {
    crictl: `[ ! -e ${at('/run/broken')} ] || { echo 'runtime is silent' >&2; exit 1; }
case "$*" in *-q*) cat ${at('/run/containers')};; *) echo 'CONTAINER kube-apiserver';; esac
ls ${at(manifests)}/kube-* > /dev/null 2>&1 || [ -e ${at('/run/stubborn')} ] || sed -i 1d ${at('/run/containers')}`,
    curl: `[ -s ${at('/run/containers')} ] || exit 7`,
    sleep: 'exit 0',
  });
});
afterEach(() => [worker, ...masters].forEach((host) => host.remove()));

function serve(): void {
  for (const name of [...names, 'nginx-proxy']) put(worker, `${manifests}/${name}.yaml`, name);
  put(worker, '/run/containers', `${names.join('\n')}\n`);
}

test('the three manifests are put aside, closed to others, and it is done once all have ended', async () => {
  serve();
  expect(await run()).toEqual({
    changed: true,
    summary: 'API server, controller-manager and scheduler have ended, port 6443 refuses',
  });
  for (const name of names) {
    expect(existsSync(at(`${manifests}/${name}.yaml`))).toBe(false);
    expect(readFileSync(at(`/etc/kubernetes/holdfast-demoted/${name}.yaml`), 'utf8')).toBe(name);
  }
  expect(statSync(at('/etc/kubernetes/holdfast-demoted')).mode & 0o777).toBe(0o700);
  expect(existsSync(at(`${manifests}/nginx-proxy.yaml`))).toBe(true);
});

test('a second run finds it done, and so does a host that never served', async () => {
  serve();
  await run();
  expect(await run()).toEqual({ changed: false, summary: 'no control plane runs here' });
  rmSync(at('/etc/kubernetes/holdfast-demoted'), { recursive: true });
  expect(await run()).toMatchObject({ changed: false });
});

test('the last API servers are not stopped, whatever was so when the others were checked', async () => {
  serve();
  masters[1]?.on(/readyz/, { stdout: '000' });
  const failure = await failureOf(run());
  expect(failure.message).toContain('1 control-plane nodes are ready, 2 must be; master-2: silent');
  for (const name of names) expect(existsSync(at(`${manifests}/${name}.yaml`))).toBe(true);
});

test('one that was begun goes on, whoever else has died meanwhile', async () => {
  serve();
  await run();
  masters[1]?.on(/readyz/, { stdout: '000' });
  expect(await run()).toMatchObject({ changed: false });
});

test('an attempt after one that was cut off waits for what still runs', async () => {
  serve();
  for (const name of names) rmSync(at(`${manifests}/${name}.yaml`));
  expect(await run()).toMatchObject({ changed: true });
});

test('what does not end is told, with what runs and who would end it', async () => {
  serve();
  put(worker, '/run/stubborn', '');
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toContain('still runs: CONTAINER kube-apiserver');
  expect(failure.detail?.['next']).toContain('journalctl -u kubelet on worker-1');
});

test('a container runtime that does not answer is not taken for one without containers', async () => {
  serve();
  put(worker, '/run/broken', '');
  expect(await failureOf(run())).toMatchObject({ type: 'CommandFailed' });
});
