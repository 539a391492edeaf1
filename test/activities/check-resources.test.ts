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

const pythons = /^for python in/;
const bastion = (kubespray: string, osRelease: string, found: string) =>
  runStep(
    checkResources,
    fakeHosts(
      fakeHost('a')
        .expect(/^date/, { stdout: '1\n' })
        .expect(/command -v ip/, { stdout: facts(2000, 9000, 'Python 3').replace('ID=debian\n', osRelease) })
        .on(pythons, { stdout: found }),
    ),
    callOf<'check-resources'>({ roles: ['bastion'], kubespray }, targetOf('a')),
  );
const jammy = 'ID=ubuntu\nVERSION_ID="22.04"\nPRETTY_NAME="Ubuntu 22.04.5 LTS"\n';
const trixie = 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n';

test.each([
  ['v2.31.0', trixie, '/usr/bin/python3.13 3.13.5\n/usr/bin/python3 3.13.5\n'],
  // Its system has 3.11 to install.
  ['v2.31.0', jammy, '/usr/bin/python3.10 3.10.12\n/usr/bin/python3 3.10.12\n'],
  ['v2.30.0', jammy, '/usr/bin/python3.10 3.10.12\n/usr/bin/python3 3.10.12\n'],
  // Somebody installed one.
  ['v2.30.0', trixie, '/usr/bin/python3.13 3.13.5\n/usr/local/bin/python3.12 3.12.9\n'],
  ['a commit', trixie, ''],
])('a bastion for Kubespray %s passes', async (kubespray, osRelease, found) => {
  expect(await bastion(kubespray, osRelease, found)).toMatchObject({ changed: false });
});

test('a bastion with no Python that Kubespray’s Ansible runs on, nor one to install, is refused', async () => {
  await expect(
    bastion('v2.30.0', trixie, '/usr/bin/python3.13 3.13.5\n/usr/bin/python3 3.13.5\n'),
  ).rejects.toMatchObject({
    type: 'ProblemFound',
    message: expect.stringContaining(
      'Kubespray v2.30.0 runs on Python 3.10 to 3.12 (ansible-core 2.17); there is 3.13.5, and Debian GNU/Linux 13 (trixie) has no other to install',
    ) as unknown,
  });
});
