import { cpSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkCandidates } from '../../activities/check-candidates.ts';
import { HostError } from '../../hosts/errors.ts';
import { callStep } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import {
  type Identity,
  backUp,
  makeAuthority,
  makeControlPlane,
  makeIdentity,
  makeWorkerNode,
  put,
  standIns,
} from './pki-fixture.ts';

let original: LocalHost;
let bastion: LocalHost;
let etcd: LocalHost;
let workers: [LocalHost, LocalHost];
let identity: Identity;

beforeAll(async () => {
  original = await LocalHost.make('master-1');
  await makeControlPlane(original);
  await makeAuthority(original, '/var/other/ca', 'kubernetes');
  identity = await makeIdentity();
});
afterAll(() => original.remove());

beforeEach(async () => {
  const made = await Promise.all(
    ['bastion-1', 'etcd-1', 'worker-1', 'worker-2'].map((name) => LocalHost.make(name)),
  );
  [bastion, etcd, ...workers] = made as [LocalHost, LocalHost, LocalHost, LocalHost];
  workers.forEach((worker) => makeWorkerNode(worker, original));
  standIns(original.path('/var/bin'), node);
  await backUp(bastion, original, etcd, identity.recipient);
});
afterEach(() => [bastion, etcd, ...workers].forEach((host) => host.remove()));

/** A node on which all is well. */
const node = { systemctl: 'true', crictl: 'true', kubeadm: 'echo v1.34.4' };
const input = {
  candidates: ['worker-1', 'worker-2'],
  kubernetes: { version: '1.34.4', podCidr: '', serviceCidr: '', network: 'flannel' },
  places: ['bastion-1', 'etcd-1'],
} as const;
const check = (options: Partial<Identity> = identity, more: Partial<typeof input> = {}) =>
  callStep(checkCandidates, { ...input, ...more }, [bastion, etcd, ...workers], options);
const silent = (name: string) => new HostError('ConnectionLost', name, 'silent', { next: 'wait' });

test('candidates that work, trust the backup’s CA and have the images are ready', async () => {
  expect(await check()).toEqual({ 'worker-1': {}, 'worker-2': {} });
});

test('a candidate that is dead, and one without images, are told apart', async () => {
  workers[0].on(/./, silent('worker-1'));
  standIns(original.path('/var/bin'), {
    ...node,
    crictl: '[ "$1" = version ] || case $* in *scheduler*) exit 1;; esac',
  });
  expect(await check()).toEqual({
    'worker-1': { problem: 'unknown', why: 'worker-1: silent' },
    'worker-2': { problem: 'images', why: 'lacks registry.example/kube-scheduler:v1.34.4' },
  });
});

test('a node whose kubelet or runtime does not work is no candidate now', async () => {
  standIns(original.path('/var/bin'), { systemctl: 'false', crictl: 'false', kubeadm: 'echo v1.33.1' });
  rmSync(workers[0].path('/etc/kubernetes/kubelet.conf'));
  expect((await check())['worker-1']).toEqual({
    problem: 'host',
    why: 'its kubelet does not run; it has no kubelet.conf: it never joined the cluster; its kubeadm is 1.33.1, not 1.34.4; its container runtime does not answer',
  });
});

test('one that never joined is told so, whatever the backup is of', async () => {
  rmSync(workers[0].path('/etc/kubernetes/ssl/ca.crt'));
  expect((await check())['worker-1']).toEqual({
    problem: 'host',
    why: 'it has no CA: it never joined the cluster',
  });
});

test('a candidate of another cluster does not match', async () => {
  cpSync(original.path('/var/other/ca.crt'), workers[1].path('/etc/kubernetes/ssl/ca.crt'));
  expect(await check()).toMatchObject({ 'worker-1': {}, 'worker-2': { problem: 'backup-mismatch' } });
});

test('a candidate that says nothing of use is unknown', async () => {
  workers[0].on(/./, new HostError('CommandFailed', 'worker-1', 'no such file', { next: 'look' }));
  expect((await check())['worker-1']).toMatchObject({ problem: 'unknown' });
});

test('without the key, and with another one, it is the key', async () => {
  expect((await check({}))['worker-2']).toMatchObject({ problem: 'backup-key' });
  expect((await check(await makeIdentity()))['worker-2']).toMatchObject({ problem: 'backup-key' });
});

test('without a backup it is that, and where no place answers nothing is known', async () => {
  const places = { places: ['worker-1'] } as never;
  expect((await check(identity, places))['worker-2']).toMatchObject({ problem: 'no-backup' });
  bastion.on(/./, silent('bastion-1'));
  expect((await check())['worker-1']).toEqual({});
  etcd.on(/./, silent('etcd-1'));
  expect((await check())['worker-1']).toEqual({ problem: 'unknown', why: 'bastion-1: silent' });
});

test('a backup of another version does not match', async () => {
  const kubernetes = { ...input.kubernetes, version: '1.35.0' } as never;
  expect((await check(identity, { kubernetes }))['worker-1']).toMatchObject({ problem: 'backup-mismatch' });
});

test('a file that the control plane reads and no backup holds has to be on the candidate', async () => {
  const config = readFileSync(original.path('/etc/kubernetes/kubeadm-config.yaml'), 'utf8');
  const volumes = [
    '/etc/company/oidc-ca.pem',
    '/etc/kubernetes/audit-policy',
    '/etc/ssl/certs',
    '/etc/company/a b',
  ]
    .map((hostPath) => ({ name: 'a', hostPath, mountPath: hostPath, readOnly: true }))
    .concat({ name: 'log', hostPath: '/var/log/audit', mountPath: '/var/log/audit', readOnly: false });
  const wider = `${config}apiServer: ${JSON.stringify({ extraVolumes: volumes })}\n`;
  put(original, '/etc/kubernetes/kubeadm-config.yaml', wider);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  await backUp(bastion, original, etcd, identity.recipient);
  put(original, '/etc/kubernetes/kubeadm-config.yaml', config);
  put(workers[1], '/etc/company/a b', 'it is here');
  put(workers[1], '/etc/company/oidc-ca.pem', 'it is here');
  const without = (path: string) =>
    `it has no ${workers[0].path(path)}, which the control plane reads and no backup holds`;
  expect(await check()).toEqual({
    'worker-1': {
      problem: 'host',
      why: `${without('/etc/company/a b')}; ${without('/etc/company/oidc-ca.pem')}`,
    },
    'worker-2': {},
  });
});

test('a backup without a configuration does not match', async () => {
  put(original, '/etc/kubernetes/kubeadm-config.yaml', 'kind: Nothing');
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  await backUp(bastion, original, etcd, identity.recipient);
  expect((await check())['worker-1']).toMatchObject({ problem: 'backup-mismatch' });
});
