import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../cluster/cluster.ts';
import { distrustBastion } from '../../activities/distrust-bastion.ts';
import { trustBastion } from '../../activities/trust-bastion.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { listening, standIn, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';
import { callOf, runStep } from './call.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)("the bastion's own key", () => {
  const hosts = sshHosts();
  const roots: string[] = [];
  const sshds: TestSshd[] = [];
  let bastion: SshTarget;
  let host: SshTarget;
  let home: string;

  /* Each host has a /root and a /var/lib of its own, in a mount namespace. */
  const startHost = async (name: string) => {
    const root = mkdtempSync(join(tmpdir(), 'holdfast-root-'));
    roots.push(root);
    for (const folder of ['home/.ssh', 'lib'])
      mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    const mounts = `mount --bind '${root}/home' /root && mount --bind '${root}/lib' /var/lib && exec "$@"`;
    const sshd = await startSshd({
      name,
      config: 'AuthorizedKeysFile %h/.ssh/authorized_keys',
      through: ['unshare', '--mount', 'sh', '-c', mounts, 'sh'],
    });
    sshds.push(sshd);
    copyFileSync(`${sshd.identityFile}.pub`, join(root, 'home/.ssh/authorized_keys'));
    await listening('127.0.0.1', sshd.port);
    return { sshd, home: join(root, 'home') };
  };
  beforeAll(async () => {
    bastion = (await startHost('bastion-1')).sshd.target();
    const started = await startHost('worker-1');
    host = started.sshd.target({ via: bastion });
    home = started.home;
  });
  afterAll(async () => {
    await hosts.close();
    for (const sshd of sshds) await sshd.stop();
    for (const root of roots) rmSync(root, { recursive: true });
  });

  const run = () =>
    runStep(trustBastion, hosts, callOf<'trust-bastion'>({ bastions: ['bastion-1'] }, host, [bastion]));
  const login = (port: number) =>
    hosts
      .host(bastion)
      .run(
        sh`ssh -F /dev/null -i /var/lib/holdfast/demo/ssh/id_ed25519 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=/var/lib/holdfast/demo/ssh/known_hosts -p ${port} root@127.0.0.1 echo in`,
        { ok: 'any' },
      );

  test('is made once, let in on the host from the bastion alone, and the host is known there', async () => {
    expect(await run()).toEqual({ changed: true, summary: 'lets bastion-1 in, which knows its host key' });
    expect(await login(host.port)).toMatchObject({ code: 0, stdout: 'in\n' });
    const keys = readFileSync(join(home, '.ssh/authorized_keys'), 'utf8').trim().split('\n');
    expect(keys).toHaveLength(2);
    expect(keys[1]).toMatch(
      /^from="127\.0\.0\.1",no-agent-forwarding,no-port-forwarding,no-X11-forwarding ssh-ed25519 \S+ holdfast:demo:bastion-1$/,
    );
    const { stdout } = await hosts.host(bastion).run(sh`stat -c %a /var/lib/holdfast/demo/ssh/id_ed25519`);
    expect(stdout).toBe('600\n');
  });

  test('a second run changes nothing, and touches no file', async () => {
    const times = async () =>
      (
        await hosts
          .host(bastion)
          .run(sh`stat -c '%n %Y.%y' /var/lib/holdfast/demo/ssh/* ~/.ssh/authorized_keys`)
      ).stdout;
    const before = await times();
    expect(await run()).toEqual({ changed: false, summary: 'lets bastion-1 in' });
    expect(await times()).toBe(before);
  });

  test('is let in from every address that the hosts may see the bastion come from, and no other', async () => {
    const file = join(home, '.ssh/authorized_keys');
    const seenFrom = (...addresses: string[]) =>
      runStep(
        trustBastion,
        hosts,
        callOf<'trust-bastion'>({ bastions: ['bastion-1'], from: { 'bastion-1': addresses } }, host, [
          bastion,
        ]),
      );
    expect(await seenFrom('10.0.0.5', '172.20.0.5')).toMatchObject({ changed: true });
    // The last is what this host sees now.
    expect(readFileSync(file, 'utf8')).toContain('from="10.0.0.5,172.20.0.5,127.0.0.1",');
    expect(await seenFrom('10.0.0.5', '172.20.0.5')).toMatchObject({ changed: false });
    expect(await seenFrom('10.0.0.5', '127.0.0.1')).toMatchObject({ changed: true });
    expect(readFileSync(file, 'utf8')).toContain('from="10.0.0.5,127.0.0.1",');
    expect(await run()).toMatchObject({ changed: true });
  });

  test('is tried, and the host known, where the bastions reach it, if the worker does elsewhere', async () => {
    const call = callOf<'trust-bastion'>({ bastions: ['bastion-1'], address: 'localhost' }, host, [bastion]);
    expect(await runStep(trustBastion, hosts, call)).toMatchObject({ changed: true });
    const { stdout } = await hosts.host(bastion).run(sh`cat /var/lib/holdfast/demo/ssh/known_hosts`);
    expect(stdout).toContain(`[localhost]:${host.port} `);
    expect(await runStep(trustBastion, hosts, call)).toMatchObject({ changed: false });
  });

  test('lines of a bastion and of a host that are named alike are not taken for these', async () => {
    const file = join(home, '.ssh/authorized_keys');
    appendFileSync(file, 'ssh-ed25519 AAAA holdfast:demo:bastion-10\n');
    const known = '/var/lib/holdfast/demo/ssh/known_hosts';
    await hosts.host(bastion).run(sh`echo ${`1[127.0.0.1]:${host.port} ssh-ed25519 AAAA`} >> ${known}`);
    expect(await run()).toEqual({ changed: false, summary: 'lets bastion-1 in' });
    expect(readFileSync(file, 'utf8')).toContain('bastion-10\n');
  });

  test('a key that was taken away is put back, and the others stay', async () => {
    const file = join(home, '.ssh/authorized_keys');
    const theirs = readFileSync(file, 'utf8').split('\n').slice(0, 1).join('\n') + '\n';
    writeFileSync(file, theirs);
    expect(await run()).toMatchObject({ changed: true });
    expect(readFileSync(file, 'utf8').startsWith(theirs)).toBe(true);
    expect(await login(host.port)).toMatchObject({ code: 0 });
  });

  test('is let in no more once the host has left, the other keys are, and it may come back', async () => {
    const leave = () =>
      runStep(
        distrustBastion,
        hosts,
        callOf<'distrust-bastion'>({ bastions: ['bastion-1'] }, host, [bastion]),
      );
    const file = join(home, '.ssh/authorized_keys');
    const known = () => hosts.host(bastion).run(sh`cat /var/lib/holdfast/demo/ssh/known_hosts`);
    expect(await leave()).toEqual({ changed: true, summary: 'lets bastion-1 in no more' });
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(`${host.identityFile}.pub`, 'utf8'));
    expect((await known()).stdout).not.toMatch(new RegExp(`^\\[127\\.0\\.0\\.1\\]:${host.port} `, 'm'));
    // The line of a host that is named alike stays.
    expect((await known()).stdout).toContain(`1[127.0.0.1]:${host.port} `);
    expect(await login(host.port)).toMatchObject({ code: 255 });
    expect(await leave()).toEqual({ changed: false, summary: 'does not let bastion-1 in' });
    expect(await run()).toMatchObject({ changed: true });
    expect(await login(host.port)).toMatchObject({ code: 0 });
  });

  test('a bastion that cannot log in with it is told, with where to look', async () => {
    const [first] = sshds as [TestSshd];
    writeFileSync(join(home, '.ssh/authorized_keys'), readFileSync(`${host.identityFile}.pub`));
    standIn(first, 'ssh', 'echo "Permission denied (publickey)." >&2; exit 255');
    try {
      await expect(run()).rejects.toMatchObject({
        type: 'NotYet',
        message: expect.stringContaining(
          'bastion-1 cannot log in to worker-1 with its own key: Permission denied (publickey).',
        ) as unknown,
      });
    } finally {
      rmSync(join(first.bin, 'ssh'));
    }
  });
});
