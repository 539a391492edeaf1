import { expect, test } from 'vitest';
import { checkOperatingSystem } from '../../activities/check-operating-system.ts';
import type { Role } from '../../cluster/cluster.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const debian = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n';
const run = (stdout: string, roles: readonly Role[] = ['worker']) =>
  runStep(
    checkOperatingSystem,
    fakeHosts(fakeHost('a').expect(/os-release/, { stdout })),
    callOf<'check-operating-system'>({ roles }, targetOf('a')),
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

test('a bastion needs a newer one than a host', async () => {
  const old = 'x86_64\nsystemd\nID=ubuntu\nVERSION_ID="22.04"\n';
  await expect(run(old, ['bastion'])).rejects.toMatchObject({ type: 'UnsupportedSystem' });
  expect(await run(old)).toMatchObject({ changed: false });
});
