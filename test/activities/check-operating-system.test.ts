import { expect, test } from 'vitest';
import { checkOperatingSystem } from '../../activities/check-operating-system.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const debian = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n';
const run = (stdout: string) =>
  runStep(
    checkOperatingSystem,
    fakeHosts(fakeHost('a').expect(/os-release/, { stdout })),
    callOf<'check-operating-system'>({}, targetOf('a')),
  );

test('a supported system passes', async () => {
  expect(await run(`x86_64\nsystemd\n${debian}`)).toEqual({ changed: false, summary: 'Debian 12, x86_64' });
});

test('all that is wrong with it is told at once', async () => {
  const running = run('riscv64\nother\nID=plan9\nPRETTY_NAME="Plan 9"\n');
  await expect(running).rejects.toMatchObject({ type: 'UnsupportedSystem', nonRetryable: true });
  const message = await running.catch((error: unknown) => (error as Error).message);
  expect(message).toContain('Plan 9 is not supported');
  expect(message).toContain('does not run systemd');
  expect(message).toContain('riscv64 is not one of');
});

test('one that is too old is refused with the oldest that is taken', async () => {
  const old = 'x86_64\nsystemd\nID=ubuntu\nVERSION_ID="20.04"\n';
  await expect(run(old)).rejects.toThrow('ubuntu is too old; wanted: ubuntu 22.04 or newer');
});
