import { expect, test } from 'vitest';
import { installPackages } from '../../activities/install-packages.ts';
import { operatingSystems } from '../../cluster/operating-systems.ts';
import { packagesFor } from '../../cluster/packages.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const packages = packagesFor({ roles: ['load-balancer'], candidate: false }, operatingSystems[0]!);

function host(installed: readonly string[], getsInstalled = true) {
  let now = installed;
  return fakeHost('a')
    .on('cat /etc/os-release', { stdout: 'ID=debian\nVERSION_ID="12"\n' })
    .on(/^dpkg-query/, () => ({ stdout: now.map((name) => `${name} ii \n`).join(''), code: 1 }))
    .on(/apt-get .*update/)
    .on(/apt-get .*install/, () => {
      if (getsInstalled) now = packages;
      return {};
    });
}
const run = (fake: ReturnType<typeof host>) =>
  runStep(
    installPackages,
    fakeHosts(fake),
    callOf<'install-packages'>({ roles: ['load-balancer'], candidate: false }, targetOf('a')),
  );

test('packages that are there are left alone', async () => {
  const fake = host(packages);
  expect(await run(fake)).toEqual({ changed: false, summary: `${packages.length} packages are there` });
  expect(fake.done.some((command) => command.includes('apt-get'))).toBe(false);
});

test('only what is missing is installed', async () => {
  const fake = host(packages.filter((name) => name !== 'curl'));
  expect(await run(fake)).toEqual({ changed: true, summary: 'installed curl' });
  expect(fake.done.find((command) => command.includes('install'))).toMatch(/ curl$/);
});

test('a package that is not there after it was installed is an error', async () => {
  await expect(run(host([], false))).rejects.toMatchObject({ type: 'NotYet' });
});

test('a system that the table does not know is refused', async () => {
  const fake = fakeHost('a').on('cat /etc/os-release', { stdout: 'ID=plan9\n' });
  await expect(run(fake)).rejects.toMatchObject({ type: 'UnsupportedSystem' });
});
