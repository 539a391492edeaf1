import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { issueEtcdClient } from '../../activities/issue-etcd-client.ts';
import { HostError } from '../../hosts/errors.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { makeAuthority, put, standIns } from './pki-fixture.ts';

let worker: LocalHost;
let etcd: [LocalHost, LocalHost];

/** What Kubespray's make-ssl-etcd.sh does for one client. */
const makeSsl = `set -e
cd "$5"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=etcd-node-$HOSTS" -keyout "node-$HOSTS-key.pem" -out new.csr 2> /dev/null
openssl x509 -req -in new.csr -CA ca.pem -CAkey ca-key.pem -set_serial 1 -days 100 -out "node-$HOSTS.pem" 2> /dev/null
rm new.csr; echo "$HOSTS" >> issued`;

beforeEach(async () => {
  const made = await Promise.all(['worker-1', 'etcd-1', 'etcd-2'].map((name) => LocalHost.make(name)));
  [worker, ...etcd] = made as [LocalHost, LocalHost, LocalHost];
  for (const host of made) mkdirSync(host.path('/run/'), { recursive: true });
  await makeAuthority(etcd[0], '/etc/ssl/etcd/ssl/ca', 'etcd-ca');
  const folder = etcd[0].path('/etc/ssl/etcd/ssl/');
  await execa('mv', [join(folder, 'ca.crt'), join(folder, 'ca.pem')]);
  await execa('mv', [join(folder, 'ca.key'), join(folder, 'ca-key.pem')]);
  put(etcd[1], '/etc/ssl/etcd/ssl/ca.pem', readFileSync(join(folder, 'ca.pem')));
  // The script's own path is no part of the host's folder: it is found by its interpreter's stand-in.
  standIns(worker.path('/var/bin'), {
    bash: `case $1 in */make-ssl-etcd.sh) shift; exec /bin/bash -c '${makeSsl.replaceAll("'", `'\\''`)}' x x "$@";; *) exec /bin/bash "$@";; esac`,
  });
});
afterEach(() => [worker, ...etcd].forEach((host) => host.remove()));

const input = { etcd: ['etcd-1', 'etcd-2'], controlPlane: ['master-1', 'master-2'] };
const issue = () => callStep(issueEtcdClient, input, [worker, ...etcd]);
const file = (host: LocalHost, name: string) => host.path(`/etc/ssl/etcd/ssl/${name}`);

test('a pair is issued by an etcd host and placed, closed to others, and the old names lead to it', async () => {
  expect(await issue()).toMatchObject({
    changed: true,
    summary: expect.stringContaining('issued by etcd-1') as string,
  });
  await execa('openssl', ['verify', '-CAfile', file(worker, 'ca.pem'), file(worker, 'node-worker-1.pem')]);
  expect(statSync(file(worker, 'node-worker-1-key.pem')).mode & 0o777).toBe(0o600);
  expect(statSync(worker.path('/etc/ssl/etcd/ssl')).mode & 0o777).toBe(0o700);
  expect(readlinkSync(file(worker, 'node-master-2-key.pem'))).toBe(file(worker, 'node-worker-1-key.pem'));
});

test('a pair that fits is left alone, and no etcd host is asked', async () => {
  await issue();
  const before = etcd[0].done.length;
  expect(await issue()).toMatchObject({ changed: false });
  expect(etcd[0].done).toHaveLength(before);
});

test('a pair that a host had from its bring-up only gets the old names', async () => {
  await issue();
  await execa('rm', [file(worker, 'node-master-1.pem')]);
  expect(await issue()).toMatchObject({ changed: true });
  expect(existsSync(file(worker, 'node-master-1.pem'))).toBe(true);
});

test('what a broken attempt left is replaced, and the etcd host does not issue twice', async () => {
  await issue();
  writeFileSync(file(worker, 'node-worker-1-key.pem'), 'half a key');
  expect(await issue()).toMatchObject({ changed: true });
  expect(readFileSync(file(etcd[0], 'issued'), 'utf8')).toBe('worker-1\n');
});

test('an etcd host without the CA’s key is passed over, and so is one that is dead', async () => {
  const asked = { ...input, etcd: ['etcd-2', 'etcd-1'] };
  expect((await callStep(issueEtcdClient, asked, [worker, ...etcd])).summary).toContain('issued by etcd-1');
  await execa('rm', [file(worker, 'node-worker-1.pem')]);
  etcd[1].on(/./, new HostError('ConnectionLost', 'etcd-2', 'silent', { next: 'wait' }));
  expect((await callStep(issueEtcdClient, asked, [worker, ...etcd])).summary).toContain('issued by etcd-1');
});

test('where no etcd host holds the CA’s key, it says so of each', async () => {
  await execa('rm', [file(etcd[0], 'ca-key.pem')]);
  const failure = await failureOf(issue());
  expect(failure.message).toMatch(/etcd-1: .*does not hold the key of etcd’s CA.*; etcd-2: /s);
});

test('a pair that does not fit etcd’s CA is not taken for one', async () => {
  await makeAuthority(etcd[0], '/etc/other', 'another');
  writeFileSync(file(etcd[0], 'ca.pem'), readFileSync(etcd[0].path('/etc/other.crt')));
  expect(await failureOf(issue())).toMatchObject({ type: 'NotYet' });
});
