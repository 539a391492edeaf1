import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { restrictSsh } from '../../activities/restrict-ssh.ts';
import { trustBastion } from '../../activities/trust-bastion.ts';
import type { SshTarget } from '../../cluster/cluster.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { listening, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';
import { callOf, runStep } from './call.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('SSH for the bastion alone, with a real sshd', () => {
  const hosts = sshHosts();
  const roots: string[] = [];
  const sshds: TestSshd[] = [];
  let bastion: SshTarget;
  let host: SshTarget;
  let root: string;
  let sshd: TestSshd;

  /** Each host has a /root, a /var/lib and an /etc/ssh/sshd_config.d of its own, in a mount namespace. */
  const startHost = async (name: string, include: boolean) => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-root-'));
    roots.push(root);
    for (const folder of ['home/.ssh', 'lib', 'conf'])
      mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    const mounts = `mount --bind '${root}/home' /root && mount --bind '${root}/lib' /var/lib && mkdir -p /etc/ssh/sshd_config.d && mount --bind '${root}/conf' /etc/ssh/sshd_config.d && exec "$@"`;
    sshd = await startSshd({
      name,
      config: [
        'AuthorizedKeysFile %h/.ssh/authorized_keys',
        `PidFile ${root}/sshd.pid`,
        ...(include ? ['Include /etc/ssh/sshd_config.d/*.conf'] : []),
      ].join('\n'),
      through: ['unshare', '--mount', 'sh', '-c', mounts, 'sh'],
    });
    sshds.push(sshd);
    // sshd is asked about its own configuration; systemd is the machine's, and must not be told anything.
    standIn('sshd', `exec /usr/sbin/sshd -f '${sshd.dir}/sshd_config' "$@"`);
    standIn(
      'systemctl',
      `cd '${root}'; echo "$@" >> systemctl
case "$*" in
  'is-active --quiet ssh') ;;
  'is-active --quiet sshd') exit 3 ;;
  'reload ssh') kill -HUP "$(cat sshd.pid)"; sleep 0.5 ;;
  'is-active '*.timer) if [ -e timer ]; then echo active; else echo inactive; exit 3; fi ;;
  '-q is-active '*.timer) [ -e timer ] ;;
  'show -p Description --value '*.timer) cat timer ;;
  'start '*.service) sh -c "$(cat restore)" ;;
  'stop '*.timer) rm -f timer ;;
  'reset-failed '*.service) exit 1 ;;
  *) echo "what is: $*" >&2; exit 64 ;;
esac`,
    );
    standIn(
      'systemd-run',
      `cd '${root}'
for word in "$@"; do
  case "$word" in
    --description=*) echo "\${word#*=}" > timer ;;
    --on-active=*) echo "\${word#*=}" > seconds ;;
  esac
done
printf %s "$word" > restore`,
    );
    writeFileSync(join(root, 'home/.ssh/authorized_keys'), readFileSync(`${sshd.identityFile}.pub`));
    await listening('127.0.0.1', sshd.port);
    return sshd;
  };
  const standIn = (name: string, script: string) => {
    writeFileSync(join(sshd.bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(sshd.bin, name), 0o755);
  };

  beforeAll(async () => {
    bastion = (await startHost('bastion-1', true)).target();
    host = (await startHost('worker-1', true)).target({ via: bastion });
    await runStep(trustBastion, hosts, callOf<'trust-bastion'>({ bastions: ['bastion-1'] }, host, [bastion]));
  });
  afterAll(async () => {
    await hosts.close();
    for (const one of sshds) await one.stop();
    for (const one of roots) rmSync(one, { recursive: true });
  });
  beforeEach(() => rmSync(join(root, 'systemctl'), { force: true }));

  const file = () => join(root, 'conf/00-holdfast-demo.conf');
  const content = () => (existsSync(file()) ? readFileSync(file(), 'utf8') : '');
  const timer = () => existsSync(join(root, 'timer'));
  const marks = () => ['before', 'untried'].filter((mark) => existsSync(`${file()}.${mark}`));
  const restrict = (exclusive: boolean, from: readonly string[] = ['10.0.0.5']) =>
    runStep(
      restrictSsh,
      hosts,
      callOf<'restrict-ssh'>({ exclusive, bastions: ['bastion-1'], from }, host, [bastion]),
    );
  const verdict = async (address: string) =>
    (
      await hosts
        .host(host)
        .run(sh`sshd -T -C ${`user=root,host=x,addr=${address}`} | grep -i ^denyusers`, { ok: 'any' })
    ).stdout.trim();

  test('is made, tried by a new connection of the bastion, and made permanent', async () => {
    expect(await restrict(true)).toEqual({
      changed: true,
      summary: 'sshd lets in from 10.0.0.5, 127.0.0.1 alone',
    });
    expect(content()).toContain('Match Address *,!127.0.0.1,!::1,!10.0.0.5\n');
    expect(timer()).toBe(false);
    expect(marks()).toEqual([]);
    expect(await verdict('192.0.2.7')).toBe('denyusers *');
    expect(await verdict('10.0.0.5')).toBe('');
    expect(readFileSync(join(root, 'seconds'), 'utf8')).toBe('120\n');
  });

  test('a second run changes nothing, and reloads nothing', async () => {
    expect(await restrict(true)).toMatchObject({ changed: false });
    expect(existsSync(join(root, 'systemctl'))).toBe(false);
  });

  test('a run after one that died before its trial tries anew, and ends the timer', async () => {
    writeFileSync(`${file()}.untried`, '');
    writeFileSync(join(root, 'timer'), '');
    expect(await restrict(true)).toMatchObject({ changed: true });
    expect(timer()).toBe(false);
    expect(marks()).toEqual([]);
  });

  const withoutBastionsKey = async (body: () => Promise<void>) => {
    const keys = join(root, 'home/.ssh/authorized_keys');
    const known = readFileSync(keys, 'utf8');
    const others = known.split('\n').filter((line) => !line.includes('holdfast:'));
    writeFileSync(keys, `${others.join('\n')}\n`);
    try {
      await body();
    } finally {
      writeFileSync(keys, known);
    }
  };
  const shut = /bastion-1 cannot log in: .*it is as before again/s;

  test('where the bastion does not get in any more, it is as before at once', async () => {
    const before = content();
    await withoutBastionsKey(() => expect(restrict(true, ['10.0.0.9'])).rejects.toThrow(shut));
    expect(content()).toBe(before);
    expect(marks()).toEqual([]);
    expect(readFileSync(join(root, 'systemctl'), 'utf8')).toMatch(/reload ssh[^]*reload ssh/);
  });

  test('what was never tried is not what it goes back to', async () => {
    rmSync(file());
    writeFileSync(file(), 'Match Address *\n  DenyUsers *\n');
    writeFileSync(`${file()}.untried`, '');
    await withoutBastionsKey(() => expect(restrict(true, ['10.0.0.9'])).rejects.toThrow(shut));
    expect(content()).toBe('');
    expect(await verdict('192.0.2.7')).toBe('');
  });

  test('the timer’s own command takes it back, and does no more a second time', async () => {
    await restrict(true);
    writeFileSync(`${file()}.untried`, '');
    const restore = readFileSync(join(root, 'restore'), 'utf8');
    const fire = () => hosts.host(host).run(sh`sh -c ${restore}`);
    await fire();
    await fire();
    expect(content()).toBe('');
    expect(await verdict('192.0.2.7')).toBe('');
    await restrict(true);
    await fire();
    expect(content()).not.toBe('');
  });

  test('is taken back where the spec says so, and a second time nothing is found', async () => {
    await restrict(true);
    expect(await restrict(false)).toMatchObject({ changed: true });
    expect(content()).toBe('');
    expect(await verdict('192.0.2.7')).toBe('');
    expect(await restrict(false)).toMatchObject({ changed: false });
  });

  test('is not left behind where sshd does not read that folder', async () => {
    host = (await startHost('worker-2', false)).target({ via: bastion });
    await expect(restrict(true)).rejects.toThrow(
      /sshd does not take .*00-holdfast-demo.conf: it is not read/,
    );
    expect(content()).toBe('');
    expect(timer()).toBe(false);
  });
});
