import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backupEtcd } from '../../activities/backup-etcd.ts';
import { backupPki } from '../../activities/backup-pki.ts';
import type { StepInputs } from '../../cluster/steps.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { HostError } from '../../hosts/errors.ts';

let bastion: LocalHost;
let master: LocalHost;
let etcd: LocalHost;
let identity: string;
let recipients: string[];

const put = (host: LocalHost, path: string, content: string | Buffer) => {
  mkdirSync(dirname(host.path(path)), { recursive: true });
  writeFileSync(host.path(path), content);
};
const folder = (host: LocalHost) => host.path('/var/lib/holdfast/demo/backups');
const listed = (host: LocalHost, end = '.age') =>
  readdirSync(folder(host)).filter((name) => name.endsWith(end));
const opened = async (host: LocalHost, name: string) => {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return Buffer.from(await decrypter.decrypt(readFileSync(join(folder(host), name))));
};

const keys = ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'];

beforeEach(async () => {
  [bastion, master, etcd] = (await Promise.all(
    ['bastion-1', 'master-1', 'etcd-1'].map((name) => LocalHost.make(name)),
  )) as [LocalHost, LocalHost, LocalHost];
  identity = await generateX25519Identity();
  recipients = [await identityToRecipient(identity)];
  for (const key of [...keys, 'apiserver.crt', 'secrets_encryption.yaml'])
    put(master, `/etc/kubernetes/ssl/${key}`, `content of ${key}`);
  put(master, '/etc/kubernetes/kubeadm-config.yaml', 'kind: ClusterConfiguration');
  put(master, '/etc/kubernetes/admin.conf', 'not wanted');
  put(master, '/etc/kubernetes/audit-policy/policy.yaml', 'kind: Policy');
  put(master, '/etc/kubernetes/webhook/authn.yaml', 'a webhook');
  put(master, '/etc/kubernetes/ssl/oidc-ca.pem', 'who vouches for people');
  put(master, '/etc/kubernetes/egress.conf', 'no kubeconfig');
  put(
    master,
    '/etc/kubernetes/manifests/kube-apiserver.yaml',
    `    - --authentication-token-webhook-config-file=/etc/kubernetes/webhook/authn.yaml
    - --oidc-ca-file=/etc/kubernetes/pki/oidc-ca.pem
    - --egress-selector-config-file=/etc/kubernetes/egress.conf
    - --tls-cert-file=/etc/kubernetes/ssl/apiserver.crt
    - --authentication-config=/etc/kubernetes/admin.conf
      path: /etc/kubernetes/audit-policy
      path: /etc/kubernetes/not-there
      path: /etc/kubernetes/pki
      path: /etc/kubernetes/ssl/
`,
  );
});
afterEach(() => [bastion, master, etcd].forEach((host) => host.remove()));

const backUpPki = (keep = 3, alsoTo: string[] = []) =>
  callStep(backupPki, { controlPlane: ['master-1'], keep, recipients, alsoTo }, [bastion, master, etcd]);

test('the PKI is found by what the control plane names, and opens with the key alone', async () => {
  expect(await backUpPki()).toMatchObject({ changed: true });
  const [name] = listed(bastion) as [string];
  const file = join(folder(bastion), name);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file).toString('latin1')).toMatch(/^age-encryption.org\/v1\n/);
  expect(readFileSync(file).toString('latin1')).not.toContain('content of ca.key');
  const { stdout } = await execa('tar', ['-tz'], { input: await opened(bastion, name) });
  expect(stdout.split('\n').sort()).toEqual(
    [
      'etc/kubernetes/audit-policy/',
      'etc/kubernetes/audit-policy/policy.yaml',
      'etc/kubernetes/egress.conf',
      'etc/kubernetes/kubeadm-config.yaml',
      ...keys.map((key) => `etc/kubernetes/ssl/${key}`),
      'etc/kubernetes/ssl/oidc-ca.pem',
      'etc/kubernetes/ssl/secrets_encryption.yaml',
      'etc/kubernetes/webhook/authn.yaml',
    ].sort(),
  );
});

test('the same PKI is not written twice, a changed one is', async () => {
  await backUpPki();
  expect(await backUpPki()).toMatchObject({ changed: false });
  put(master, '/etc/kubernetes/ssl/sa.key', 'another');
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  expect(await backUpPki()).toMatchObject({ changed: true });
  expect(listed(bastion)).toHaveLength(2);
});

test('only the newest are kept, and each place holds the same', async () => {
  mkdirSync(folder(bastion), { recursive: true });
  for (const day of ['01', '02', '03'])
    writeFileSync(join(folder(bastion), `pki-202601${day}T000000Z.tar.gz.age`), 'old');
  writeFileSync(join(folder(bastion), 'etcd-20260101T000000Z.db.gz.age'), 'another kind');
  await backUpPki(2, ['etcd-1']);
  expect(listed(bastion).sort()).toEqual([
    'etcd-20260101T000000Z.db.gz.age',
    'pki-20260103T000000Z.tar.gz.age',
    listed(etcd)[0],
  ]);
  const [name] = listed(etcd) as [string];
  expect(readFileSync(join(folder(etcd), name))).toEqual(readFileSync(join(folder(bastion), name)));
});

test('a control plane without its keys is not backed up', async () => {
  await execa('rm', [master.path('/etc/kubernetes/ssl/sa.key')]);
  const failure = await failureOf(backUpPki());
  expect(failure.message).toContain('master-1: lacks etc/kubernetes/ssl/sa.key');
  expect(failure.message).not.toContain('content of');
});

test('an archive that tar could not make whole is no backup', async () => {
  master.before(/\btar -C/, () => rmSync(master.path('/etc/kubernetes/ssl/sa.key')));
  const failure = await failureOf(backUpPki());
  expect(failure).toMatchObject({ type: 'CommandFailed' });
  expect(failure.message).toMatch(/tar: .*sa\.key: Cannot stat/);
  expect(existsSync(folder(bastion))).toBe(false);
});

const gone = (host: string) => new HostError('ConnectionLost', host, 'no answer', { next: 'power' });

test('a place that does not answer is passed over where another lives, and named', async () => {
  etcd.on(/./, gone('etcd-1'));
  const result = await backUpPki(3, ['etcd-1']);
  expect(result).toMatchObject({ changed: true, problem: 'not on etcd-1 (no answer)' });
  expect(result.summary).toMatch(/on bastion-1; not on etcd-1 \(no answer\)$/);
  expect(listed(bastion)).toHaveLength(1);
  expect(await backUpPki(3, ['etcd-1'])).toMatchObject({
    changed: false,
    problem: expect.anything() as string,
  });
});

test('a place that is lost in the middle is left out, and gets the next backup when it is back', async () => {
  let lost = true;
  etcd.before(/^cat >> /, () => {
    if (lost) throw gone('etcd-1');
  });
  expect((await backUpPki(3, ['etcd-1'])).problem).toContain('etcd-1');
  expect(listed(etcd)).toEqual([]);
  lost = false;
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  expect(await backUpPki(3, ['etcd-1'])).toMatchObject({ changed: true });
  expect(listed(etcd)).toEqual([listed(bastion).sort().at(-1)]);
});

test('where no place lives there is no backup', async () => {
  for (const host of [bastion, etcd]) host.on(/./, gone(host.name));
  expect(await failureOf(backUpPki(3, ['etcd-1']))).toMatchObject({ type: 'ConnectionLost' });
});

/** etcd's tools stand in: what they write is what the test compares. */
const snapshotOf = (content: Buffer, member = etcd, revision = 4711) => {
  const bin = join(member.root, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(member.root, 'content'), content);
  writeFileSync(
    join(bin, 'etcdctl'),
    `#!/bin/sh\n[ "$ETCDCTL_KEY" = a-key ] || exit 9\n[ "$2" != get ] || exec test ! -e ${member.root}/alone\n[ "$2 $3" = "snapshot save" ] || exit 8\ncat ${member.root}/content > "$4"\n`,
    { mode: 0o755 },
  );
  writeFileSync(
    join(bin, 'etcdutl'),
    `#!/bin/sh\n[ "$1 $2" = "snapshot status" ] && [ -e "$3" ] && echo '{"hash":1,"revision":${revision},"totalKey":2,"totalSize":3}'\n`,
    {
      mode: 0o755,
    },
  );
  put(member, '/etc/etcd.env', `ETCDCTL_KEY=a-key\nPATH=${bin}:$PATH\n`);
};
const backUpEtcd = (more: Partial<StepInputs['backup-etcd']> = {}) =>
  callStep(backupEtcd, { etcd: ['etcd-1'], keep: 3, recipients, alsoTo: [], ...more }, [
    bastion,
    etcd,
    master,
  ]);

test('a snapshot of several pieces arrives whole, and nothing of it stays on the member', async () => {
  const content = randomBytes(9 * 1024 * 1024 + 17);
  snapshotOf(content);
  expect(await backUpEtcd()).toMatchObject({ changed: true });
  const packed = await opened(bastion, listed(bastion)[0] as string);
  expect(gunzipSync(packed).equals(content)).toBe(true);
  expect(readdirSync(etcd.path('/var/lib/holdfast'))).toEqual([]);
});

test('a member that has lost the others is not asked for what it knew last', async () => {
  snapshotOf(Buffer.from('of last week'));
  writeFileSync(join(etcd.root, 'alone'), '');
  expect(await failureOf(backUpEtcd())).toMatchObject({ type: 'NotYet' });
  expect(existsSync(folder(bastion))).toBe(false);
  snapshotOf(Buffer.from('of today'), master);
  const { summary } = await backUpEtcd({ etcd: ['etcd-1', 'master-1'] });
  expect(summary).toContain('from master-1');
  const packed = await opened(bastion, listed(bastion)[0] as string);
  expect(gunzipSync(packed).toString()).toBe('of today');
});

test('a member whose state is of before a restore gives no backup: not at all, where it is the only one', async () => {
  snapshotOf(Buffer.from('restored'), master, 1_000_004_711);
  await backUpEtcd({ etcd: ['master-1'] });
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  snapshotOf(Buffer.from('of before'));
  const failure = await failureOf(backUpEtcd({ freshMinutes: 0 }));
  expect(failure.type).toBe('NotYet');
  expect(failure.message).toMatch(
    /etcd-1: its state is at revision 4711, and a backup holds revision 1000004711: it is of before a restore/,
  );
  expect(readdirSync(etcd.path('/var/lib/holdfast'))).toEqual([]);
  expect(listed(bastion)).toHaveLength(1);
  const { summary } = await backUpEtcd({ etcd: ['etcd-1', 'master-1'], freshMinutes: 0 });
  expect(summary).toContain('from master-1');
});

test('a young snapshot will do, unless none may', async () => {
  snapshotOf(Buffer.from('small'));
  await backUpEtcd();
  expect(await backUpEtcd()).toMatchObject({ changed: false });
  await new Promise((resolve) => setTimeout(resolve, 1000)); // names hold seconds
  expect(await backUpEtcd({ freshMinutes: 0 })).toMatchObject({ changed: true });
});

test('a snapshot that goes away while it is read is no backup, and the older ones stay', async () => {
  snapshotOf(randomBytes(5 * 1024 * 1024));
  mkdirSync(folder(bastion), { recursive: true });
  for (const day of ['01', '02', '03'])
    writeFileSync(join(folder(bastion), `etcd-202601${day}T000000Z.db.gz.age`), 'old');
  etcd.before(/^dd .* skip=1 /, () => {
    for (const name of readdirSync(etcd.path('/var/lib/holdfast')))
      rmSync(etcd.path(`/var/lib/holdfast/${name}`), { recursive: true });
  });
  const failure = await failureOf(backUpEtcd());
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toMatch(/^etcd-1: .* could be read to 4194304 of 5\d{6} bytes: dd: .*No such file/);
  expect(listed(bastion)).toHaveLength(3);
});

test('a place that cannot take the backup is told as what it is, and no second snapshot is taken', async () => {
  snapshotOf(Buffer.from('small'));
  bastion.on(/^cat >> /, { code: 1, stderr: 'cat: write error: No space left on device' });
  const failure = await failureOf(backUpEtcd({ etcd: ['etcd-1', 'master-1'] }));
  expect(failure).toMatchObject({ type: 'CommandFailed', detail: { host: 'bastion-1', exitCode: 1 } });
  expect(failure.message).toContain('No space left on device');
  expect(master.done).toEqual([]);
});

test('where no member gives a snapshot, each is named, and the last one’s exit code', async () => {
  put(etcd, '/etc/etcd.env', 'ETCDCTL_KEY=none\nPATH=/usr/bin:/bin\n');
  const failure = await failureOf(backUpEtcd({ etcd: ['etcd-1', 'master-1'] }));
  expect(failure.message).toMatch(/etcd-1: .*etcdctl.*; master-1: .*etcd\.env/s);
  expect(failure.detail).toMatchObject({ host: 'master-1', exitCode: 2 });
});

test('a member that gives no snapshot fails the step and leaves no backup', async () => {
  put(etcd, '/etc/etcd.env', 'ETCDCTL_KEY=none\nPATH=/usr/bin:/bin\n');
  const failure = await failureOf(backUpEtcd());
  expect(failure.type).toBe('NotYet');
  expect(failure.message).toContain('etcd-1');
});
