import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeControlPlaneFiles } from '../../activities/remove-control-plane-files.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let worker: LocalHost;
const etc = '/etc/kubernetes';
const etcd = '/etc/ssl/etcd/ssl';
const remove = (keepEtcdClient = false) => callStep(removeControlPlaneFiles, { keepEtcdClient }, [worker]);
const left = async () =>
  (await execa('find', [worker.path('/etc/'), '!', '-type', 'd', '-printf', '%P\n'])).stdout
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();

/** What a worker node of Kubespray has. */
const own = [
  'kubernetes/kubelet-config.yaml',
  'kubernetes/kubelet.conf',
  'kubernetes/kubelet.env',
  'kubernetes/manifests/nginx-proxy.yaml',
  'kubernetes/patches/kubelet.yaml',
  'kubernetes/ssl/ca.crt',
  'ssl/etcd/ssl/ca.pem',
];
const pair = ['ssl/etcd/ssl/node-worker-1-key.pem', 'ssl/etcd/ssl/node-worker-1.pem'];

beforeEach(async () => {
  worker = await LocalHost.make('worker-1');
  mkdirSync(worker.path('/run/'));
  standIns(worker.path('/var/bin'), { systemctl: `echo "$*" >> ${worker.path('/run/asked')}` });
  for (const path of [...own, ...pair]) put(worker, `/etc/${path}`, path);
  put(worker, `${etc}/kubelet.env`, `--cloud-config=${worker.path(`${etc}/cloud_config`)}`);
});
afterEach(() => worker.remove());

function promote(): void {
  for (const name of [
    ...['ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub', 'secrets_encryption.yaml'],
    ...[
      'apiserver.crt',
      'apiserver.key',
      'apiserver-kubelet-client.key',
      'front-proxy-client.key',
      'ca.key.old',
    ],
  ])
    put(worker, `${etc}/ssl/${name}`, name);
  for (const name of ['admin', 'super-admin', 'controller-manager', 'scheduler'])
    put(worker, `${etc}/${name}.conf`, name);
  put(worker, `${etc}/kubeadm-config.yaml`, 'kind: InitConfiguration');
  put(worker, `${etc}/audit-policy/policy.yaml`, 'kind: Policy');
  put(worker, `${etc}/webhook.yaml`, 'token: secret');
  put(worker, `${etc}/ssl/oidc-client.key`, 'what an API server asked another with');
  put(worker, `${etc}/cloud_config`, 'the kubelet reads it too');
  put(worker, `${etc}/.holdfast-restore.abc/etc/kubernetes/ssl/ca.key`, 'ca.key');
  put(
    worker,
    `${etc}/holdfast-demoted/kube-apiserver.yaml`,
    ['webhook.yaml', 'cloud_config', 'ssl/ca.crt', 'ssl/oidc-client.key', 'patches/kubelet.yaml']
      .map((name) => `    - --file=${etc}/${name}\n`)
      .join('') + `      path: ${etc}/ssl\n`,
  );
  symlinkSync(worker.path(`${etcd}/node-worker-1.pem`), worker.path(`${etcd}/node-master-1.pem`));
  symlinkSync(worker.path(`${etcd}/node-worker-1-key.pem`), worker.path(`${etcd}/node-master-1-key.pem`));
}

test('a worker node’s own files stay, and nothing else', async () => {
  promote();
  expect(await remove()).toEqual({
    changed: true,
    summary: '25 files and folders of the control plane removed',
  });
  expect(await left()).toEqual([...own, 'kubernetes/cloud_config'].toSorted());
  expect(existsSync(worker.path(`${etc}/holdfast-demoted`))).toBe(false);
});

test('the proxy before etcd ends with the pair that it held, and its copy of the key is gone', async () => {
  promote();
  put(worker, '/run/holdfast-etcd-proxy/client.pem', 'certificate and key');
  await remove();
  expect(readFileSync(worker.path('/run/asked'), 'utf8')).toBe(
    'stop holdfast-etcd-proxy.service holdfast-etcd-proxy.socket\n',
  );
  expect(existsSync(worker.path('/run/holdfast-etcd-proxy/client.pem'))).toBe(false);
});

test('a pair for etcd that the host had before stays, without the old masters’ names', async () => {
  promote();
  put(worker, '/run/holdfast-etcd-proxy/client.pem', 'certificate and key');
  await remove(true);
  expect(existsSync(worker.path('/run/asked'))).toBe(false);
  expect(existsSync(worker.path('/run/holdfast-etcd-proxy/client.pem'))).toBe(true);
  expect(await left()).toEqual([...own, ...pair, 'kubernetes/cloud_config'].toSorted());
});

test('a second run finds nothing to remove', async () => {
  promote();
  await remove();
  expect(await remove()).toEqual({ changed: false, summary: 'it holds no file of a control plane' });
});

test('nothing is removed while a manifest is there, or where the kubelet lacks its own files', async () => {
  promote();
  put(worker, `${etc}/manifests/kube-apiserver.yaml`, 'kind: Pod');
  await execa('rm', [worker.path(`${etc}/kubelet.conf`)]);
  const failure = await failureOf(remove());
  expect(failure).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
  expect(failure.message).toContain('it runs kube-apiserver, lacks kubelet.conf: nothing was removed');
  expect(existsSync(worker.path(`${etc}/ssl/ca.key`))).toBe(true);
});

test('what is still there afterwards is named', async () => {
  promote();
  standIns(worker.path('/var/bin'), { rm: `case "$*" in *sa.key) ;; *) exec /bin/rm "$@";; esac` });
  const failure = await failureOf(remove());
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toMatch(/still there after they were removed: \S+\/ssl\/sa\.key/);
});
