import { expect, test } from 'vitest';
import { ensureBoolean, ensureLabel } from '../../activities/selinux.ts';
import { fakeHost } from '../../hosts/fake.ts';

const { signal } = new AbortController();
const name = 'haproxy_connect_any';
const looks = /^if \[ -e \/sys\/fs\/selinux\/booleans\/haproxy_connect_any \]/;

test.each([
  ['without SELinux, or with a policy that has no such boolean', ''],
  ['that is on already', '1 1'],
])('a boolean %s is left alone', async (_, stdout) => {
  expect(await ensureBoolean(fakeHost('a').on(looks, { stdout }), name, signal)).toBe(false);
});

test('a boolean that is off is turned on for good', async () => {
  const host = fakeHost('a')
    .expect(looks, { stdout: '0 0' })
    .expect('setsebool -P haproxy_connect_any on')
    .expect(looks, { stdout: '1 1' });
  expect(await ensureBoolean(host, name, signal)).toBe(true);
  host.verify();
});

test('a boolean that stays off is an error', async () => {
  const host = fakeHost('a')
    .on(looks, { stdout: '0 0' })
    .on(/^setsebool/);
  await expect(ensureBoolean(host, name, signal)).rejects.toMatchObject({ kind: 'NotYet' });
});

const verifies = /^test ! -e \/sys\/fs\/selinux\/enforce \|\| matchpathcon -V \/a\/b$/;

test('a file with the right label, or without SELinux, is left alone', async () => {
  expect(await ensureLabel(fakeHost('a').on(verifies), '/a/b', signal)).toBe(false);
});

test('a label that stays wrong is an error', async () => {
  const host = fakeHost('a').on(verifies, { code: 1 }).on('restorecon -F /a/b');
  await expect(ensureLabel(host, '/a/b', signal)).rejects.toMatchObject({ kind: 'NotYet' });
});
