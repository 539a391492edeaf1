import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkClock, parseClock } from '../../activities/check-clock.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const run = (said: string, offMs: number, id = 'debian') =>
  runStep(
    checkClock,
    fakeHosts(
      fakeHost('a')
        .expect(/timedatectl/, { stdout: said })
        .expect(/^date/, () => ({ stdout: `${BigInt(Date.now() + offMs) * 1_000_000n}\n` }))
        .on('cat /etc/os-release', { stdout: `ID=${id}\n` }),
    ),
    callOf<'check-clock'>({}, targetOf('a')),
  );
const captured = (name: string) =>
  readFileSync(new URL(`../captured/clock/${name}`, import.meta.url), 'utf8');

test('a synchronised clock passes', async () => {
  expect((await run('yes\n', 0)).summary).toMatch(/^synchronised, /);
  expect((await run('yes\nsystemd-timesyncd\n', 0)).summary).toMatch(/^synchronised by systemd-timesyncd, /);
});

test.each(['no\n', 'unknown\n', 'no\nchronyd\n'])(
  'one that is not (%j) passes while it is right',
  async (said) => {
    expect((await run(said, 100)).summary).toMatch(/^not synchronised by NTP, but \d+ ms/);
  },
);

test.each([
  ['debian', 'no\n', 'apt-get install systemd-timesyncd && timedatectl set-ntp true'],
  ['rocky', 'no\n', 'dnf install chrony && systemctl enable --now chronyd'],
  ['opensuse-leap', 'unknown\n', 'zypper install chrony && systemctl enable --now chronyd'],
  ['rocky', 'no\nchronyd\n', 'chronyd runs and has not reached a time server: see chronyc sources'],
  ['debian', 'no\nntpsec\n', 'ntpsec runs and has not reached a time server: see journalctl -u ntpsec'],
])('on %s one that is neither (%j) is refused with the cure', async (id, said, cure) => {
  await expect(run(said, -60_000, id)).rejects.toMatchObject({
    type: 'ProblemFound',
    details: [{ next: expect.stringContaining(`On a: ${cure}; then: holdfast retry`) as unknown }],
  });
});

test('chrony is asked where it does not tell the kernel', () => {
  const parsed = (name: string) => parseClock(`no\nchronyd\n${captured(name)}`);
  expect(parsed('rocky-9.6-chronyc-tracking')).toEqual({ synchronised: true, service: 'chronyd' });
  expect(parsed('rocky-9.6-chronyc-tracking-alone')).toEqual({ synchronised: false, service: 'chronyd' });
});

test('chrony that answers and is no service of systemd counts too', () => {
  expect(parseClock(`no\n${captured('rocky-9.6-chronyc-tracking')}`)).toEqual({
    synchronised: true,
    service: undefined,
  });
});
