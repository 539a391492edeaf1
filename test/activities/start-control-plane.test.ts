import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startControlPlane } from '../../activities/start-control-plane.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let programs: LocalHost;
let host: LocalHost;
beforeAll(async () => void (programs = await LocalHost.make('programs')));
afterAll(() => programs.remove());
beforeEach(async () => {
  host = await LocalHost.make('worker-1');
  put(host, '/run/asked', '');
  put(host, '/etc/kubernetes/kubeadm-config.yaml', 'etcd: https://127.0.0.1:12379\n');
  put(host, '/etc/kubernetes/kubelet.conf', 'the kubelet’s own');
  put(host, '/etc/kubernetes/manifests/nginx-proxy.yaml', 'another pod of this node');
  standIns(programs.path('/var/bin'), {
    kubeadm: kubeadm(),
    crictl: 'true',
    curl: 'true',
    sleep: 'true',
    ss: ss(),
  });
});
afterEach(() => host.remove());

/** Notes what it is asked for, and writes manifests: the same ones each time. */
const kubeadm = (before = '') => `${before}
case $* in
'config images list '*) printf 'r.example/kube-%s:v1\\n' apiserver controller-manager scheduler proxy; exit 0;;
esac
echo "$*" | sed 's/ --config .*//' >> ${host.path('/run/asked')}
case $* in
'init phase control-plane all '*) for one in apiserver controller-manager scheduler; do echo "$one" > manifests/kube-$one.yaml; done;;
esac`;
const ss = (code = 0) => `echo "ss $*" >> ${host.path('/run/asked')}; exit ${code}`;
const sessions = () => asked().filter((what) => what.startsWith('ss '));
const kubeletConf = (server: string) =>
  put(host, '/etc/kubernetes/kubelet.conf', `clusters:\n- cluster:\n    server: ${server}\n  name: c\n`);
const stand = (changed: Readonly<Record<string, string>>) => standIns(programs.path('/var/bin'), changed);
const run = (version = '1.34.4') =>
  callStep(startControlPlane, { kubernetes: { version, podCidr: '', serviceCidr: '', network: 'flannel' } }, [
    host,
  ]);
const asked = () => readFileSync(host.path('/run/asked'), 'utf8').trim().split('\n').toSorted();
const path = (name: string) => host.path(`/etc/kubernetes/${name}`);

test('certificates, kubeconfigs and manifests are written, and never the kubelet’s own configuration', async () => {
  expect(await run()).toEqual({ changed: true, summary: 'certificates, kubeconfigs and manifests written' });
  expect(asked()).toEqual([
    'init phase certs all',
    'init phase control-plane all',
    'init phase kubeconfig admin',
    'init phase kubeconfig controller-manager',
    'init phase kubeconfig scheduler',
    'init phase kubeconfig super-admin',
  ]);
  expect(readFileSync(path('kubelet.conf'), 'utf8')).toBe('the kubelet’s own');
  expect(readFileSync(path('manifests/nginx-proxy.yaml'), 'utf8')).toBe('another pod of this node');
});

test('a second time the manifests are as wanted', async () => {
  await run();
  expect(await run()).toEqual({ changed: false, summary: 'the manifests are as wanted' });
});

test('a kubeadm before 1.29 knows no super-admin', async () => {
  await run('1.28.15');
  expect(asked()).not.toContain('init phase kubeconfig super-admin');
});

test('leaf certificates from elsewhere are made anew, and those in use are kept', async () => {
  put(host, '/etc/kubernetes/ssl/apiserver.crt', 'with the names of another host');
  put(host, '/etc/kubernetes/ssl/ca.key', 'the CA’s');
  await run();
  expect(existsSync(path('ssl/apiserver.crt'))).toBe(false);
  expect(existsSync(path('ssl/ca.key'))).toBe(true);
  put(host, '/etc/kubernetes/ssl/apiserver.crt', 'in use');
  await run();
  expect(readFileSync(path('ssl/apiserver.crt'), 'utf8')).toBe('in use');
});

test('an image of the control plane that is not there is fetched before the kubelet needs it, and no other', async () => {
  stand({
    crictl: `case $* in *inspecti*scheduler*) exit 1;; pull*) echo "$*" >> ${host.path('/run/asked')};; esac`,
  });
  await run();
  expect(asked().filter((what) => what.startsWith('pull'))).toEqual(['pull r.example/kube-scheduler:v1']);
});

test('nothing is started while etcd does not answer through the proxy of this host', async () => {
  const clock = host.path('/run/clock');
  stand({
    curl: `echo "curl $*" >> ${host.path('/run/asked')}; exit 7`,
    // Half a minute passes between two looks at it.
    date: `now=$(($(cat ${clock} 2> /dev/null || echo 0) + 30)); echo $now > ${clock}; echo $now`,
  });
  expect(await failureOf(run())).toMatchObject({
    type: 'CommandFailed',
    message: expect.stringContaining('etcd does not answer at https://127.0.0.1:12379') as string,
  });
  // Never by a proxy of the environment: it is on this host.
  expect(asked()).toEqual([
    expect.stringMatching(/^curl .*--noproxy \* /),
    expect.stringMatching(/^curl .*--noproxy \* /),
  ]);
});

test.each([
  ['https://api.example:6443', '6443'],
  ['https://10.0.0.2:8443/', '8443'],
])(
  'the node’s own sessions to API servers at %s are closed once, before there are manifests',
  async (server, port) => {
    kubeletConf(server);
    await run();
    await run();
    expect(sessions()).toEqual([`ss -K -t dport = :${port}`]);
  },
);

test('a kernel that cannot close sessions keeps nobody from the phases', async () => {
  kubeletConf('https://api.example:6443');
  stand({ ss: ss(255) });
  expect(await run()).toMatchObject({ changed: true });
  expect(sessions()).toHaveLength(1);
});

test.each(['init phase kubeconfig scheduler', 'init phase certs all', 'init phase control-plane all'])(
  '%s that fails is no success, and its words are told',
  async (phase) => {
    stand({ kubeadm: kubeadm(`case $* in '${phase}'*) echo 'error: no CA key' >&2; exit 1;; esac`) });
    expect(await failureOf(run())).toMatchObject({
      type: 'CommandFailed',
      message: expect.stringContaining('error: no CA key') as string,
    });
  },
);
