import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { restorePki } from '../../activities/restore-pki.ts';
import { HostError } from '../../hosts/errors.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import {
  type Identity,
  backUp,
  kubeadmConfig,
  makeAuthority,
  makeControlPlane,
  makeIdentity,
  makeWorkerNode,
  put,
} from './pki-fixture.ts';

let bastion: LocalHost;
let etcd: LocalHost;
let master: LocalHost;
let worker: LocalHost;
let identity: Identity;

let original: LocalHost;
beforeAll(async () => {
  original = await LocalHost.make('original');
  await makeControlPlane(original);
  await makeAuthority(original, '/var/other/ca', 'kubernetes');
});
afterAll(() => original.remove());

beforeEach(async () => {
  [bastion, etcd, master, worker] = (await Promise.all(
    ['bastion-1', 'etcd-1', 'master-1', 'worker-1'].map((name) => LocalHost.make(name)),
  )) as [LocalHost, LocalHost, LocalHost, LocalHost];
  cpSync(original.root, master.root, { recursive: true });
  makeWorkerNode(worker, master);
  identity = await makeIdentity();
});
afterEach(() => [bastion, etcd, master, worker].forEach((host) => host.remove()));

const input = {
  candidate: { name: 'worker-1', address: '10.0.0.41' },
  kubernetes: { version: '1.34.4', podCidr: '', serviceCidr: '', network: 'flannel' },
  places: ['bastion-1', 'etcd-1'],
} as const;
const restore = (options: Partial<Identity> = identity) =>
  callStep(restorePki, input, [worker, bastion, etcd], options);
const backedUp = () => backUp(bastion, master, etcd, identity.recipient);
const backups = (host: LocalHost) => host.path('/var/lib/holdfast/demo/backups');
const on = (host: LocalHost, path: string) => readFileSync(host.path(path), 'utf8');

const keys = ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'].map(
  (name) => `/etc/kubernetes/ssl/${name}`,
);

test('all that the backup holds is put in place with its modes, with a configuration of the host’s own', async () => {
  await backedUp();
  expect(await restore()).toMatchObject({
    changed: true,
    summary: expect.stringMatching(/of bastion-1: \d files restored/) as string,
  });
  for (const path of [
    ...keys,
    '/etc/kubernetes/ssl/secrets_encryption.yaml',
    '/etc/kubernetes/audit-policy/policy.yaml',
  ]) {
    expect(on(worker, path), path).toBe(on(master, path));
    expect(statSync(worker.path(path)).mode, path).toBe(statSync(master.path(path)).mode);
  }
  expect(on(worker, '/etc/kubernetes/kubeadm-config.yaml')).toContain('advertiseAddress: 10.0.0.41');
  expect(on(worker, '/etc/kubernetes/kubelet.conf')).toBe('the kubelet’s own');
  expect(readdirSync(worker.path('/etc/kubernetes/')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what is there already is left alone', async () => {
  await backedUp();
  await restore();
  const before = statSync(worker.path('/etc/kubernetes/ssl/ca.key')).ctimeMs;
  expect(await restore()).toMatchObject({ changed: false });
  expect(statSync(worker.path('/etc/kubernetes/ssl/ca.key')).ctimeMs).toBe(before);
});

test('what an attempt left behind that was broken off is cleared away, and its work finished', async () => {
  await backedUp();
  put(worker, '/etc/kubernetes/.holdfast-restore.abcdefgh/etc/kubernetes/ssl/ca.key', 'half a key');
  put(worker, '/etc/kubernetes/ssl/ca.key', 'half a key');
  expect(await restore()).toMatchObject({ changed: true });
  expect(on(worker, '/etc/kubernetes/ssl/ca.key')).toBe(on(master, '/etc/kubernetes/ssl/ca.key'));
  expect(existsSync(worker.path('/etc/kubernetes/.holdfast-restore.abcdefgh'))).toBe(false);
});

test('a place that is dead is passed over', async () => {
  await backedUp();
  bastion.on(/./, new HostError('ConnectionLost', 'bastion-1', 'silent', { next: 'wait' }));
  expect((await restore()).summary).toContain('of etcd-1');
});

test('where the newest backup is broken in one place, the other’s is taken', async () => {
  await backedUp();
  const [name] = readdirSync(backups(bastion)).filter((one) => one.endsWith('.age')) as [string];
  const whole = readFileSync(join(backups(bastion), name));
  writeFileSync(join(backups(bastion), name), whole.subarray(0, whole.length - 20));
  expect((await restore()).summary).toContain('of etcd-1');
});

const nothingRestored = () => expect(existsSync(worker.path('/etc/kubernetes/ssl/ca.key'))).toBe(false);

test('the PKI of another cluster is refused, and nothing is written', async () => {
  await backedUp();
  put(worker, '/etc/kubernetes/ssl/ca.crt', on(original, '/var/other/ca.crt'));
  const failure = await failureOf(restore());
  expect(failure).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
  expect(failure.message).toContain('its CA is not the cluster’s');
  nothingRestored();
});

test.each([
  ['ca.key', 'ssl/ca.key does not fit ssl/ca.crt'],
  ['front-proxy-ca.key', 'ssl/front-proxy-ca.key does not fit ssl/front-proxy-ca.crt'],
  ['sa.key', 'ssl/sa.key does not fit ssl/sa.pub'],
])('a %s that does not fit is refused', async (file, why) => {
  put(master, `/etc/kubernetes/ssl/${file}`, on(original, '/var/other/ca.key'));
  await backedUp();
  expect((await failureOf(restore())).message).toContain(why);
  nothingRestored();
});

test('a key that cannot be read is refused, and nothing of it is shown', async () => {
  put(master, '/etc/kubernetes/ssl/sa.key', 'no key at all');
  await backedUp();
  const failure = await failureOf(restore());
  expect(failure.message).toContain('cannot be read');
  expect(JSON.stringify(failure)).not.toContain('no key at all');
});

test('a backup of another version of Kubernetes is refused', async () => {
  put(master, '/etc/kubernetes/kubeadm-config.yaml', kubeadmConfig('1.33.1'));
  await backedUp();
  expect((await failureOf(restore())).message).toContain(
    'it is of Kubernetes 1.33.1, and the spec says 1.34.4',
  );
  nothingRestored();
});

test('without a backup, without the key, and with another key it says which of these', async () => {
  expect((await failureOf(restore())).message).toContain('no PKI backup on');
  await backedUp();
  expect((await failureOf(restore({}))).message).toContain('HOLDFAST_BACKUP_IDENTITY is not set');
  const failure = await failureOf(restore(await makeIdentity()));
  expect(failure).toMatchObject({
    type: 'ProblemFound',
    detail: { next: expect.stringContaining('HOLDFAST_BACKUP_IDENTITY') as string },
  });
  expect(failure.message).toContain('no identity matched');
  nothingRestored();
});

test('files that do not arrive whole are not put in place', async () => {
  await backedUp();
  worker.on(/^set -eu; umask 077\ncd \/etc\/kubernetes/, {
    code: 75,
    stderr: 'the files did not arrive whole',
  });
  expect(await failureOf(restore())).toMatchObject({ type: 'CommandFailed', nonRetryable: false });
  rmSync(worker.path('/etc/kubernetes/'), { recursive: true });
});
