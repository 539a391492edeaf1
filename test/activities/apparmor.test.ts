import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { allowHaproxy, haproxyProfile } from '../../activities/apparmor.ts';
import { HostError } from '../../hosts/errors.ts';
import { fakeHost } from '../../hosts/fake.ts';

const { signal } = new AbortController();
const looks = /parameters\/enabled/;
const profile = '/etc/apparmor.d/usr.sbin.haproxy';
const local = '/etc/apparmor.d/local/usr.sbin.haproxy';
const confined = (before: string | undefined) =>
  fakeHost('a')
    .on(looks, { stdout: `${profile}\nlocal/usr.sbin.haproxy\n` })
    .file(local, before);

test('without a profile that confines haproxy there is nothing to do', async () => {
  expect(await allowHaproxy(fakeHost('a').on(looks), signal)).toBe(false);
});

test('rules are added behind those that somebody wrote, and loaded, once', async () => {
  const host = confined('/srv/maps/* r,')
    .expect(looks, {
      stdout: `${profile}\nlocal/usr.sbin.haproxy\n`,
    })
    .expect(`apparmor_parser -r ${profile}`);
  expect(await allowHaproxy(host, signal)).toBe(true);
  host.verify();
  expect(host.content(local)).toBe(`/srv/maps/* r,
# Written by holdfast, for haproxy before etcd.
/etc/holdfast/etcd-proxy.cfg* r,
/run/holdfast-etcd-proxy/ r,
/run/holdfast-etcd-proxy/** rwl,
`);
  expect(await allowHaproxy(host, signal)).toBe(false);
});

test('rules that cannot be loaded are taken back', async () => {
  const refused = new HostError('CommandFailed', 'a', 'syntax error', { next: 'look' });
  const host = confined(undefined).on(/^apparmor_parser/, refused);
  await expect(allowHaproxy(host, signal)).rejects.toBe(refused);
  expect(host.content(local)).toBe('');
});

test('a profile that takes no local rules is for a person', async () => {
  const host = fakeHost('a').on(looks, { stdout: `${profile}\n` });
  await expect(allowHaproxy(host, signal)).rejects.toMatchObject({ kind: 'ProblemFound' });
});

test('the profile that openSUSE ships is found, with its last file of local rules', () => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-apparmor-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const captured = new URL('../captured/apparmor-haproxy-opensuse-leap-15.6', import.meta.url);
  mkdirSync(`${root}/etc/apparmor.d/local`, { recursive: true });
  mkdirSync(`${root}/sys/module/apparmor/parameters`, { recursive: true });
  const enabled = `${root}/sys/module/apparmor/parameters/enabled`;
  const look = () =>
    execFileSync('sh', ['-c', haproxyProfile.text.replaceAll(/(?<=[ ])\/(?=(etc|sys)\/)/g, `${root}/`)])
      .toString()
      .replaceAll(root, '');
  writeFileSync(`${root}/etc/apparmor.d/usr.sbin.nscd`, '/usr/sbin/nscd {\n}\n');
  writeFileSync(enabled, 'Y\n');
  expect(look()).toBe('');
  copyFileSync(captured, `${root}/etc/apparmor.d/usr.sbin.haproxy`);
  expect(look()).toBe(`${profile}\nlocal/usr.sbin.haproxy\n`);
  writeFileSync(enabled, 'N\n');
  expect(look()).toBe('');
});
