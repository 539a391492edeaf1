import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseOsRelease } from '../../activities/family.ts';
import { installHaproxy } from '../../activities/install-haproxy.ts';
import { installNfsClient } from '../../activities/install-nfs-client.ts';
import { installPackages } from '../../activities/install-packages.ts';
import type { Outside } from '../../activities/outside.ts';
import { ensurePackages } from '../../activities/packages.ts';
import { roles } from '../../cluster/cluster.ts';
import { familyOf, operatingSystems } from '../../cluster/operating-systems.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { sh } from '../../hosts/shell.ts';
import { runStep } from './run-step.ts';

const release = (name: string) =>
  readFileSync(new URL(`../captured/os-release/${name}`, import.meta.url), 'utf8');

describe('what is run on a host that has nothing yet', () => {
  it.each(['debian-12', 'ubuntu-22.04', 'rocky-9.6', 'opensuse-leap-15.6'])('%s', async (name) => {
    const { isInstalled } = familyOf(parseOsRelease(release(name)))!.commands;
    let installed = '';
    const host = fakeHost('a')
      .on('cat /etc/os-release', { stdout: release(name) })
      .on(/^(dpkg-query|sh -c)/, () => ({ stdout: installed, code: 1 }))
      .on(/^env/, (command) => {
        const status = isInstalled('installed') ? 'installed' : 'ii';
        installed = command.replaceAll(/\S+/g, (word) => `${word} ${status}\n`);
        return {};
      });
    await runStep(installPackages, { roles, candidate: true }, [host]);
    for (const step of [installHaproxy, installNfsClient]) {
      installed = '';
      await runStep(step, {}, [host]);
    }
    const log = host.done.filter((command) => command !== 'cat /etc/os-release').join('\n');
    await expect(`${log}\n`).toMatchFileSnapshot(`golden/packages-${name}.txt`);
  });
});

describe('zypper', () => {
  const suse = operatingSystems.find(({ family }) => family === 'suse')!;
  const tools = {
    signal: new AbortController().signal,
    outside: ((host, command, options) => host.run(command, options)) as Outside,
  };
  const ended = (code: number) => {
    let installed = '';
    return fakeHost('a')
      .on(/^sh -c/, () => ({ stdout: installed }))
      .on(/ refresh$/)
      .on(/ install /, () => {
        installed = code === 104 ? '' : 'tar installed\n';
        return { code };
      });
  };

  it.each([0, 102, 103, 106, 107])('may end with %i, for the next look finds what it did', async (code) => {
    expect(await ensurePackages(ended(code), suse, ['tar'], tools)).toEqual({
      changed: true,
      installed: ['tar'],
    });
  });

  it.each([1, 4, 7, 8, 104, 105])('has failed with %i', async (code) => {
    await expect(ensurePackages(ended(code), suse, ['tar'], tools)).rejects.toMatchObject({
      kind: 'CommandFailed',
      details: { exitCode: code },
    });
  });
});

it('rpm is asked for what provides a name, each by itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rpm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const rpm = join(folder, 'rpm');
  writeFileSync(
    rpm,
    `#!/bin/sh
case "$*" in
  "-q --whatprovides /usr/bin/curl") echo curl-minimal-7.76.1-31.el9.x86_64;;
  "-q --whatprovides iptables") echo iptables-nft-1.8.10-11.el9_5.x86_64;;
  "-q --whatprovides socat") echo 'no package provides socat'; exit 1;;
  *) echo "unknown: $*" >&2; exit 64;;
esac
`,
  );
  chmodSync(rpm, 0o755);
  for (const { family, commands } of operatingSystems.filter(({ family }) => family !== 'debian')) {
    const query = sh`${commands.query(['/usr/bin/curl', 'iptables', 'socat'])} || true`;
    const stdout = execFileSync('sh', ['-c', query.text], {
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    }).toString();
    expect([family, stdout]).toEqual([family, '/usr/bin/curl installed\niptables installed\n']);
  }
});
