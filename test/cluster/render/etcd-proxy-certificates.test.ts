import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { renderCertificatesScript } from '../../../cluster/render/etcd-proxy-certificates.ts';
import { EtcdAuthority } from './etcd-authority.ts';

let dir: string, ssl: string, run: string;
let authority: EtcdAuthority;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-certificates-'));
  [ssl, run] = [join(dir, 'ssl'), join(dir, 'run')];
  await mkdir(run);
  authority = await EtcdAuthority.make(ssl);
  const text = renderCertificatesScript('master-1', 'proxy.service')
    .replaceAll('/etc/ssl/etcd/ssl', ssl)
    .replaceAll('/run/holdfast-etcd-proxy', run);
  await writeFile(join(dir, 'script'), text, { mode: 0o755 });
  // What systemctl was told.
  await mkdir(join(dir, 'bin'));
  await writeFile(join(dir, 'bin', 'systemctl'), `#!/bin/sh\necho "$@" >> ${dir}/told\n`, { mode: 0o755 });
});
afterEach(() => rm(dir, { recursive: true }));

const script = (mode: string) =>
  execa(join(dir, 'script'), [mode], { reject: false, env: { PATH: `${dir}/bin:${process.env.PATH}` } });
const state = async () => (await script('state')).stdout;
const told = () => readFile(join(dir, 'told'), 'utf8').catch(() => '');

it('says whether there is a certificate, and whether haproxy’s files hold it', async () => {
  expect(await state()).toBe('absent');
  await authority.issue('node-master-1');
  expect(await state()).toBe('stale');
  await script('combine');
  expect(await state()).toBe('fresh');
  await authority.issue('node-master-1', 'another');
  expect(await state()).toBe('stale');
  await rm(join(ssl, 'node-master-1-key.pem'));
  expect(await state()).toBe('absent');
});

it('puts certificate and key into one file that nobody else may read', async () => {
  await authority.issue('node-master-1');
  expect((await script('combine')).exitCode).toBe(0);
  const [certificate, key] = await Promise.all(
    ['node-master-1.pem', 'node-master-1-key.pem'].map((name) => readFile(join(ssl, name), 'utf8')),
  );
  expect(await readFile(join(run, 'client.pem'), 'utf8')).toBe(`${certificate}${key}`);
  expect((await stat(join(run, 'client.pem'))).mode & 0o777).toBe(0o600);
});

it('keeps what haproxy has where a key does not belong to its certificate', async () => {
  await authority.issue('node-master-1');
  await script('combine');
  const before = await readFile(join(run, 'client.pem'), 'utf8');
  await authority.issue('other');
  await rename(join(ssl, 'other-key.pem'), join(ssl, 'node-master-1-key.pem'));
  expect(await script('combine')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/-key\.pem does not belong to .*node-master-1\.pem$/) as string,
  });
  expect(await readFile(join(run, 'client.pem'), 'utf8')).toBe(before);
});

it('has the unit take a pair that is written file by file once, when it is whole', async () => {
  await authority.issue('other');
  const following = script('follow');
  await rename(join(ssl, 'other.pem'), join(ssl, 'node-master-1.pem'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await told()).toBe('');
  await rename(join(ssl, 'other-key.pem'), join(ssl, 'node-master-1-key.pem'));
  await vi.waitFor(async () => expect(await told()).not.toBe(''), { timeout: 20_000 });
  expect((await following).exitCode).toBe(0);
  expect(await told()).toBe('reload-or-restart proxy.service\n');
});

it('leaves the unit alone where other files changed', async () => {
  await authority.issue('node-master-1');
  await script('combine');
  expect((await script('follow')).exitCode).toBe(0);
  expect(await told()).toBe('');
});
