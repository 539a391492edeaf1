import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { backupEtcd } from '../../activities/backup-etcd.ts';
import { backupPki } from '../../activities/backup-pki.ts';
import { checkBackup } from '../../activities/check-backup.ts';
import type { BackupCheck } from '../../cluster/backup-status.ts';
import { HostError } from '../../hosts/errors.ts';
import { callStep } from './call-step.ts';
import { LocalHost } from './local-host.ts';

let bastion: LocalHost;
let master: LocalHost;
let etcd: LocalHost;
let identity: string;
let recipients: string[];
/** Two CAs with their keys, made once: `ca`, `other`. */
let pems: Record<string, string>;

const put = (host: LocalHost, path: string, content: string | Buffer, mode = 0o644) => {
  mkdirSync(dirname(host.path(path)), { recursive: true });
  writeFileSync(host.path(path), content, { mode });
};
const folder = (host: LocalHost) => host.path('/var/lib/holdfast/demo/backups');
const newest = (host: LocalHost, kind: string) =>
  readdirSync(folder(host))
    .filter((name) => name.startsWith(kind) && name.endsWith('.age'))
    .sort()
    .at(-1) as string;

beforeAll(async () => {
  const pair = async (name: string) => {
    const { stdout } = await execa('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
      ...['-subj', `/CN=${name}`, '-keyout', '-', '-out', '-'],
    ]);
    const [key = '', crt = ''] = stdout.split(/(?=-----BEGIN CERTIFICATE)/);
    return { [`${name}.key`]: key, [`${name}.crt`]: crt };
  };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  pems = {
    'sa.key': privateKey,
    'sa.pub': publicKey,
    ...(await pair('ca')),
    ...(await pair('front-proxy-ca')),
    ...(await pair('other')),
  };
});

beforeEach(async () => {
  [bastion, master, etcd] = (await Promise.all(
    ['bastion-1', 'master-1', 'etcd-1'].map((name) => LocalHost.make(name)),
  )) as [LocalHost, LocalHost, LocalHost];
  identity = await generateX25519Identity();
  recipients = [await identityToRecipient(identity)];
  for (const name of ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key'])
    put(master, `/etc/kubernetes/ssl/${name}`, pems[name] as string);
  for (const name of ['sa.key', 'sa.pub']) put(master, `/etc/kubernetes/ssl/${name}`, pems[name] as string);
  put(master, '/etc/kubernetes/kubeadm-config.yaml', 'kind: ClusterConfiguration');
  put(master, '/etc/kubernetes/manifests/kube-apiserver.yaml', `      path: /etc/kubernetes/audit-policy\n`);
  put(master, `/etc/kubernetes/audit-policy/${'a-name-that-is-long-'.repeat(6)}.yaml`, 'kind: Policy');
  snapshotOf(database());
});
afterEach(() => [bastion, master, etcd].forEach((host) => host.remove()));

/** Pages, and the hash that etcd puts behind them. */
function database(pages = 3): Buffer {
  const content = randomBytes(pages * 4096);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

/** etcd's tools stand in, with this as the snapshot. */
function snapshotOf(content: Buffer): void {
  const bin = join(etcd.root, 'bin');
  put(etcd, '/etc/content', content);
  mkdirSync(bin, { recursive: true });
  const script = (text: string) => ({ data: `#!/bin/sh\n${text}\n`, options: { mode: 0o755 } });
  const ctl = script(`case "$2 $3" in
'get /') ;;
'snapshot save') cat ${etcd.path('/etc/content')} > "$4" ;;
*) exit 64 ;;
esac`);
  const utl = script(`echo '{"revision":4711}'`);
  writeFileSync(join(bin, 'etcdctl'), ctl.data, ctl.options);
  writeFileSync(join(bin, 'etcdutl'), utl.data, utl.options);
  put(etcd, '/etc/etcd.env', `PATH=${bin}:$PATH\n`);
}

const hosts = () => [bastion, etcd, master];
const backUp = async () => {
  await callStep(
    backupEtcd,
    { etcd: ['etcd-1'], keep: 3, recipients, alsoTo: ['etcd-1'], freshMinutes: 0 },
    hosts(),
  );
  await callStep(backupPki, { controlPlane: ['master-1'], keep: 3, recipients, alsoTo: ['etcd-1'] }, hosts());
};
const check = (open = true, key: string | null = identity): Promise<BackupCheck> =>
  callStep(
    checkBackup,
    { controlPlane: ['master-1'], alsoTo: ['etcd-1'], everyHours: 6, open },
    hosts(),
    key === null ? {} : { localFiles: { '/key': `# a comment\n${key}\n` }, backupIdentity: '/key' },
  );

/** Gives the newest of a kind another age, in every place. */
function age(kind: string, name: string): void {
  for (const host of [bastion, etcd]) {
    const was = newest(host, kind);
    renameSync(join(folder(host), was), join(folder(host), name));
  }
}

test('backups that are whole and open are well', async () => {
  await backUp();
  const found = await check();
  expect(found.problem).toBeUndefined();
  expect(found.summary).toMatch(/^etcd-\S+\.db\.gz\.age and pki-\S+\.tar\.gz\.age can be opened$/);
  expect(Math.abs(Date.parse(found.newest ?? '') - Date.now())).toBeLessThan(120_000);
});

test('without a key, that is said, and is no success', async () => {
  await backUp();
  expect((await check(true, null)).problem).toMatch(
    /^etcd-\S+ cannot be opened here: it has no key .*HOLDFAST_BACKUP_IDENTITY.*; pki-\S+ cannot be opened here/,
  );
  expect((await check(false, null)).problem).toBeUndefined();
});

test('a key that is no recipient’s opens nothing', async () => {
  await backUp();
  expect((await check(true, await generateX25519Identity())).problem).toMatch(
    /etcd-\S+ cannot be opened: .*pki-\S+ cannot be opened/s,
  );
});

test('no backup at all, one that is too old, and one that a place lacks are told', async () => {
  expect((await check()).problem).toBe('there is no backup of etcd; there is no backup of the PKI');
  await backUp();
  rmSync(join(folder(etcd), newest(etcd, 'pki')));
  age('etcd', 'etcd-20260101T000000Z.db.gz.age');
  const { problem, newest: at } = await check(false);
  expect(problem).toMatch(
    /etcd-20260101T000000Z.* is the newest and \d+ hours old; one is wanted every 6; pki-\S+ is not on etcd-1/,
  );
  expect(at).toBe('2026-01-01T00:00:00.000Z');
});

test('a snapshot that is not what etcd sent is found out, though it decrypts', async () => {
  const broken = database();
  broken[5000] = (broken[5000] as number) ^ 1;
  snapshotOf(broken);
  await backUp();
  expect((await check()).problem).toMatch(/etcd-\S+: its hash is not that of its content/);
  snapshotOf(Buffer.from('no database'));
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  await backUp();
  expect((await check()).problem).toMatch(/11 bytes are no database/);
});

test('a file that was cut off or changed on one place is found out', async () => {
  await backUp();
  const file = join(folder(bastion), newest(bastion, 'etcd'));
  writeFileSync(file, readFileSync(file).subarray(0, -100));
  // It opens from the other place, and the two differ.
  expect((await check()).problem).toMatch(/the copies of etcd-\S+ differ/);
  appendFileSync(join(folder(etcd), newest(etcd, 'etcd')), 'more');
  const { problem } = await check();
  for (const place of ['bastion-1', 'etcd-1'])
    expect(problem).toMatch(new RegExp(`${place}: etcd-\\S+ cannot be opened`));
});

test('the PKI of another cluster, and a key that does not fit, are found out', async () => {
  await backUp();
  put(master, '/etc/kubernetes/ssl/ca.crt', pems['other.crt'] as string);
  expect((await check()).problem).toMatch(/pki-\S+: its CA is not the cluster’s/);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  await backUp();
  expect((await check()).problem).toMatch(/ssl\/ca\.key does not fit ssl\/ca\.crt/);
});

test('with every control-plane node dead, the bastion’s kubeconfig tells whose the CA is', async () => {
  await backUp();
  master.readFile = () =>
    Promise.reject(new HostError('ConnectionLost', 'master-1', 'no answer', { next: 'power' }));
  const kubeconfig = (pem: string) =>
    put(
      bastion,
      '/var/lib/holdfast/demo/kubeconfig',
      `    certificate-authority-data: ${Buffer.from(pem).toString('base64')}\n`,
    );
  kubeconfig(pems['ca.crt'] as string);
  expect((await check()).problem).toBeUndefined();
  kubeconfig(pems['other.crt'] as string);
  expect((await check()).problem).toMatch(/its CA is not the cluster’s/);
});

test('a place that does not answer is named, and the rest is looked at all the same', async () => {
  await backUp();
  etcd.on(/./, new HostError('ConnectionLost', 'etcd-1', 'no answer', { next: 'power' }));
  expect((await check()).problem).toBe('not on etcd-1 (no answer)');
});
