import { expect, test } from 'vitest';
import { checkClock } from '../../activities/check-clock.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const run = (synchronised: string, offMs: number) =>
  runStep(
    checkClock,
    fakeHosts(
      fakeHost('a')
        .expect(/timedatectl/, { stdout: `${synchronised}\n` })
        .expect(/^date/, () => ({ stdout: `${BigInt(Date.now() + offMs) * 1_000_000n}\n` })),
    ),
    callOf<'check-clock'>({}, targetOf('a')),
  );

test('a synchronised clock passes', async () => {
  expect((await run('yes', 0)).summary).toMatch(/^synchronised/);
});

test.each(['no', 'unknown'])('one that is not (%s) passes while it is right', async (said) => {
  expect((await run(said, 100)).summary).toMatch(/^not synchronised by NTP, but \d+ ms/);
});

test('one that is neither is refused with the cure', async () => {
  await expect(run('no', -60_000)).rejects.toMatchObject({
    type: 'ProblemFound',
    details: [{ next: expect.stringContaining('set-ntp true') as unknown }],
  });
});
