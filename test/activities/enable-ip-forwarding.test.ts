import { expect, test } from 'vitest';
import { enableIpForwarding } from '../../activities/enable-ip-forwarding.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const path = '/etc/sysctl.d/zz-holdfast.conf';
const forward = 'net.ipv4.ip_forward';
const bridge = 'net.bridge.bridge-nf-call-iptables';

/** A host that keeps what `sysctl -w` sets, unless it is `stubborn`. */
function host(settings: Record<string, string>, stubborn = false) {
  const fake: FakeHost = fakeHost('a')
    .file(path, undefined)
    .on(/^(?:sysctl -q -w ([^|]+) \|\| exit 1)?\nfor key in/, (command) => {
      const set = /^sysctl -q -w ([^|]+) \|\|/.exec(command)?.[1]?.split(' ') ?? [];
      for (const word of set) if (!stubborn) settings[word.replace('=1', '')] = '1';
      const live = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
      return { stdout: `${live.join('')}--- file\n${fake.content(path) ?? ''}` };
    });
  return fake;
}
const run = (fake: ReturnType<typeof host>) =>
  runStep(enableIpForwarding, fakeHosts(fake), callOf<'enable-ip-forwarding'>({}, targetOf('a')));

test('it is turned on in the kernel and on file, and a second run finds it so', async () => {
  const fake = host({ [forward]: '0', [bridge]: '0' });
  expect(await run(fake)).toMatchObject({ changed: true });
  expect(fake.done.join()).toContain(`sysctl -q -w ${forward}=1 ${bridge}=1 `);
  expect(fake.content(path)).toContain('net.ipv4.ip_forward = 1\n');
  expect(await run(fake)).toEqual({ changed: false, summary: 'on' });
});

test('on in the kernel but on no file, it is written and nothing is set', async () => {
  const fake = host({ [forward]: '1' });
  expect(await run(fake)).toMatchObject({ changed: true, summary: `was on; ${path} keeps it on` });
  expect(fake.done.some((command) => command.startsWith('sysctl'))).toBe(false);
});

test('a kernel that still says 0 is an error', async () => {
  await expect(run(host({ [forward]: '0' }, true))).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(forward) as unknown,
  });
});
