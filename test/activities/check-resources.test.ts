import { expect, test } from 'vitest';
import { checkResources } from '../../activities/check-resources.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const facts = (memory: number, free: number, python: string) =>
  `memory=${memory}\ncpus=2\npython=${python}\nfree=/ ${free}\nfree=/tmp ${free}\nos-release\nID=debian\n`;
const run = (stdout: string) =>
  runStep(
    checkResources,
    fakeHosts(
      fakeHost('a')
        .expect(/^date/, { stdout: '1\n' })
        .expect(/command -v ip/, { stdout }),
    ),
    callOf<'check-resources'>({ roles: ['control-plane'] }, targetOf('a')),
  );

test('a host that is large enough passes', async () => {
  expect(await run(facts(2000, 9000, 'Python 3.11.2'))).toEqual({
    changed: false,
    summary: '2000 MB memory, 2 CPUs, 9000 MB free, Python 3.11.2',
  });
});

test('memory, disks and Python are told together', async () => {
  const message = await run(facts(800, 90, '')).catch((error: unknown) => (error as Error).message);
  expect(message).toContain('800 MB of memory; control-plane needs 1500 MB');
  expect(message).toContain('90 MB free under /; 2048 MB needed');
  expect(message).toContain('90 MB free under /tmp; 100 MB needed');
  expect(message).toContain('python3 is missing');
});
