import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../cluster/cluster.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { standIn, startSshd } from './sshd.ts';
import type { TestSshd } from './sshd.ts';

const containing = (text: string): unknown => expect.stringContaining(text);
const canMakeUsers = process.getuid?.() === 0 && run('which', 'sudo', 'useradd', 'chpasswd');

describe.skipIf(!canMakeUsers)('sudo, for a user who is not root', () => {
  const user = `hf${process.pid}`;
  const password = `pass word-${process.pid}'"$`;
  const sudoers = `/etc/sudoers.d/${user}`;
  let sshd: TestSshd;
  const hosts = sshHosts();
  let target: SshTarget;

  beforeAll(async () => {
    sshd = await startSshd({ config: 'StrictModes no' });
    execFileSync('chmod', ['-R', 'a+rX', sshd.dir]);
    execFileSync('chmod', ['0600', join(sshd.dir, 'host'), join(sshd.dir, 'user')]);
    execFileSync('useradd', ['-m', '-s', '/bin/bash', user]);
    execFileSync('chpasswd', { input: `${user}:${password}\n` });
    const sudoPasswordFile = join(sshd.dir, 'sudo-password');
    writeFileSync(sudoPasswordFile, `${password}\n`, { mode: 0o600 });
    target = sshd.target({ user, sudoPasswordFile });
  }, 60_000);
  afterAll(async () => {
    await hosts.close();
    await sshd.stop();
    rmSync(sudoers, { force: true });
    execFileSync('userdel', ['-r', user], { stdio: 'ignore' });
  });

  const allow = (how: string) => {
    writeFileSync(sudoers, `${user} ALL=(ALL:ALL) ${how} ALL\n`);
    chmodSync(sudoers, 0o440);
  };
  const withoutPassword = (): SshTarget => {
    const bare = { ...target };
    delete (bare as { sudoPasswordFile?: string }).sudoPasswordFile;
    return bare;
  };

  test('without a password in the spec, sudo must ask for none', async () => {
    allow('NOPASSWD:');
    const host = hosts.host(withoutPassword());
    expect(await host.run(sh`id -u; cat`, { sudo: true, stdin: 'in' })).toMatchObject({ stdout: '0\nin' });
    allow('');
    await expect(host.run(sh`id -u`, { sudo: true, ok: 'any' })).rejects.toMatchObject({
      kind: 'SudoRefused',
      message: containing('password is required'),
      details: { next: containing('passwordFile') },
    });
  });

  test('the password goes over stdin, before the command has its own', async () => {
    allow('');
    const seen = await hosts.host(target).run(sh`id -u; cat; ps -eo args >&2`, { sudo: true, stdin: 'a\nb' });
    expect(seen.stdout).toBe('0\na\nb');
    expect(seen.stderr).toContain('sudo -S');
    expect(seen.stderr).not.toContain('pass word');
  });

  test('a streaming command too is told its own stdin after the password, and may be refused', async () => {
    allow('');
    const lines: string[] = [];
    const ask = (from: SshTarget) =>
      hosts.host(from).stream(sh`id -u; read first; echo "$first"`, (line) => lines.push(line), {
        sudo: true,
        stdin: 'mine\n',
      });
    expect(await ask(target)).toEqual({ code: 0, tail: '' });
    expect(lines).toEqual(['0', 'mine']);
    await expect(ask(withoutPassword())).rejects.toMatchObject({ kind: 'SudoRefused' });
  });

  test('a password that sudo does not ask for never becomes input of the command', async () => {
    allow('NOPASSWD:');
    expect(await hosts.host(target).run(sh`cat`, { sudo: true, stdin: 'mine' })).toMatchObject({
      stdout: 'mine',
    });
    expect(await hosts.host(target).run(sh`cat`, { sudo: true })).toMatchObject({ stdout: '' });
  });

  test('a wrong password is refused by name, and the file content is not tried as the next one', async () => {
    allow('');
    const sudoPasswordFile = join(sshd.dir, 'wrong-password');
    writeFileSync(sudoPasswordFile, 'wrong');
    const refused = hosts.host({ ...target, sudoPasswordFile }).run(sh`cat`, { sudo: true, stdin: password });
    await expect(refused).rejects.toMatchObject({
      kind: 'SudoRefused',
      details: { next: containing('wrong-password') },
    });
  }, 60_000);

  test('a user whom sudo does not know is refused', async () => {
    rmSync(sudoers, { force: true });
    await expect(hosts.host(target).run(sh`true`, { sudo: true })).rejects.toMatchObject({
      kind: 'SudoRefused',
    });
  }, 60_000);

  test('a command that fails behind sudo is its own failure', async () => {
    allow('NOPASSWD:');
    await expect(
      hosts.host(withoutPassword()).run(sh`echo no >&2; exit 1`, { sudo: true }),
    ).rejects.toMatchObject({ kind: 'CommandFailed', message: 'exit code 1: no' });
  });

  test('files of root are written and read, with mode and owner', async () => {
    allow('');
    const host = hosts.host(target);
    const path = join(sshd.dir, 'of-root');
    const wanted = { path, content: 'x'.repeat(200_000), mode: 0o600, sudo: true };
    expect(await host.writeFile(wanted)).toEqual({ changed: true });
    expect(await host.writeFile(wanted)).toEqual({ changed: false });
    expect((await host.readFile(path, { sudo: true }))?.length).toBe(200_000);
    await expect(host.readFile(path)).rejects.toMatchObject({ message: containing('Permission denied') });
  });

  test('a user without root may not write where root writes', async () => {
    const wanted = { path: '/etc/holdfast-test', content: 'x', mode: 0o600 };
    await expect(hosts.host(target).writeFile(wanted)).rejects.toMatchObject({ kind: 'CommandFailed' });
  });
});

test('root needs no sudo, and a host may lack it', async () => {
  if (process.getuid?.() !== 0) return;
  const sshd = await startSshd();
  const hosts = sshHosts();
  standIn(sshd, 'sudo', 'echo "sudo was called" >&2; exit 1');
  try {
    expect(await hosts.host(sshd.target()).run(sh`id -u`, { sudo: true })).toMatchObject({ stdout: '0\n' });
  } finally {
    await hosts.close();
    await sshd.stop();
  }
});

function run(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
