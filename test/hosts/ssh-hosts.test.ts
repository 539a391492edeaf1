import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { addKnownHost, knownHostState } from '../../hosts/host-keys.ts';
import { fingerprint } from '../../hosts/known-hosts.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import type { SshHosts } from '../../hosts/ssh-hosts.ts';
import { freePort, killQuietly, makeKey, startSshd } from './sshd.ts';
import type { TestSshd } from './sshd.ts';

let sshd: TestSshd;
let hosts: SshHosts = sshHosts();
beforeAll(async () => void (sshd = await startSshd()));
afterEach(async () => {
  await hosts.close();
  hosts = sshHosts();
});
afterAll(() => sshd.stop());

const connections = () => sshd.log().match(/^Accepted publickey/gm)?.length ?? 0;

describe('a command', () => {
  test('answers with code, stdout and stderr', async () => {
    const answer = await hosts.host(sshd.target()).run(sh`echo out; echo err >&2; exit 3`, { ok: [3] });
    expect(answer).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  test('that fails says command, exit code, last lines without colours, and what next', async () => {
    const failing = hosts.host(sshd.target()).run(sh`printf '\\033[31mno space\\033[0m\n' >&2; exit 7`);
    await expect(failing).rejects.toMatchObject({
      kind: 'CommandFailed',
      host: 'host-1',
      message: 'exit code 7: no space',
      details: {
        exitCode: 7,
        tail: 'no space',
        command: containing('exit 7'),
        next: containing('retry'),
      },
    });
  });

  test('that is secret shows neither itself nor what it reads and writes, and yet why it failed', async () => {
    const failing = hosts
      .host(sshd.target())
      .run(sh`echo s3cret-out; cat; echo 'No space left on device' >&2; : s3cret; exit 1`, {
        stdin: 's3cret-in',
        secret: true,
      });
    const error: unknown = await failing.catch((e: unknown) => e);
    expect(JSON.stringify({ ...(error as object), message: (error as Error).message })).not.toContain(
      's3cret',
    );
    expect(error).toMatchObject({
      kind: 'CommandFailed',
      message: 'exit code 1: No space left on device',
      details: { exitCode: 1, command: '(not shown)', tail: 'No space left on device' },
    });
  });

  test('ended by a signal is a failure that names it', async () => {
    await expect(hosts.host(sshd.target()).run(sh`kill -KILL $$`, { ok: 'any' })).rejects.toMatchObject({
      kind: 'CommandFailed',
      message: containing('KILL'),
    });
  });

  test('reads binary stdin to its end', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256));
    const { stdout } = await hosts.host(sshd.target()).run(sh`sha256sum`, { stdin: bytes });
    expect(stdout.slice(0, 64)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('with more output than wanted keeps the end, and says so', async () => {
    const { stdout } = await hosts
      .host(sshd.target())
      .run(sh`head -c 5000000 /dev/zero | tr '\\0' x; echo end`, { maxBytes: 1000 });
    expect(stdout).toMatch(/^\[4999004 bytes dropped\]\nx+end\n$/);
  });

  test('that does not end in time is no success: nobody knows how it ended', async () => {
    await expect(hosts.host(sshd.target()).run(sh`sleep 60`, { timeout: 0.3 })).rejects.toMatchObject({
      kind: 'ConnectionLost',
      message: 'no end of the command within 0.3 s',
    });
  });

  test('is left when its signal fires, with the reason of whoever fired it', async () => {
    const abort = new AbortController();
    const reason = new Error('the person changed their mind');
    const running = hosts.host(sshd.target()).run(sh`sleep 60`, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 200);
    await expect(running).rejects.toBe(reason);
    expect(await hosts.host(sshd.target()).run(sh`echo on`)).toMatchObject({ stdout: 'on\n' });
  });

  test('is not started when its signal has fired already', async () => {
    const marker = join(sshd.dir, 'never');
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(hosts.host(sshd.target()).run(sh`touch ${marker}`, { signal })).rejects.toThrow('too late');
    expect(() => statSync(marker)).toThrow();
  });
});

describe('a connection', () => {
  test('is opened once for many commands, and runs at most eight of them at once', async () => {
    const before = connections();
    const counter = join(sshd.dir, 'counter');
    execFileSync('mkdir', ['-p', counter]);
    const one = (i: number) =>
      hosts
        .host(sshd.target())
        .run(sh`mkdir ${counter}/${i}; ls ${counter} | wc -l; sleep 0.1; rmdir ${counter}/${i}`);
    const seen = await Promise.all(Array.from({ length: 30 }, (_, i) => one(i)));
    expect(Math.max(...seen.map((answer) => Number(answer.stdout)))).toBeLessThanOrEqual(8);
    expect(Math.max(...seen.map((answer) => Number(answer.stdout)))).toBeGreaterThan(1);
    expect(connections() - before).toBe(1);
  });

  test('to a host that allows fewer channels waits for a free one', async () => {
    const small = await startSshd({ config: 'MaxSessions 2' });
    try {
      const host = hosts.host(small.target());
      const seen = await Promise.all(
        Array.from({ length: 12 }, (_, i) => host.run(sh`sleep 0.02; echo ${i}`)),
      );
      expect(seen.map((answer) => answer.stdout)).toEqual(Array.from({ length: 12 }, (_, i) => `${i}\n`));
    } finally {
      await hosts.close();
      await small.stop();
    }
  });

  test('that is cut in the middle of a command is an unknown end, and the next command opens another', async () => {
    const host = hosts.host(sshd.target());
    await host.run(sh`true`);
    const running = host.run(sh`sleep 60`);
    await new Promise((done) => setTimeout(done, 200));
    for (const pid of sshd.sessions()) killQuietly(pid);
    await expect(running).rejects.toMatchObject({ kind: 'ConnectionLost', details: { command: 'sleep 60' } });
    expect(await host.run(sh`echo again`)).toMatchObject({ code: 0, stdout: 'again\n' });
  });

  test('that went silent is noticed by keepalives', async () => {
    await hosts.close();
    hosts = sshHosts({ keepaliveInterval: 100, keepaliveCountMax: 3 });
    const host = hosts.host(sshd.target());
    await host.run(sh`true`);
    const frozen = sshd.sessions();
    expect(frozen.length).toBeGreaterThan(0);
    for (const pid of frozen) killQuietly(pid, 'SIGSTOP');
    try {
      await expect(host.run(sh`true`)).rejects.toMatchObject({ kind: 'ConnectionLost' });
      expect(await host.run(sh`echo again`)).toMatchObject({ stdout: 'again\n' });
    } finally {
      for (const pid of frozen) killQuietly(pid);
    }
  });

  test('to a port where nothing listens says how to look oneself', async () => {
    const port = await freePort();
    await expect(hosts.host(sshd.target({ port })).run(sh`true`)).rejects.toMatchObject({
      kind: 'ConnectionLost',
      message: containing('ECONNREFUSED'),
      details: { next: containing(`-p ${port}`) },
    });
  });
});

describe('who we are', () => {
  test('a key that the host does not know is refused for good', async () => {
    makeKey(join(sshd.dir, 'stranger'));
    const target = sshd.target({ identityFile: join(sshd.dir, 'stranger') });
    await expect(hosts.host(target).run(sh`true`)).rejects.toMatchObject({
      kind: 'AuthenticationFailed',
      details: { next: containing('authorized_keys') },
    });
  });

  test('a key with a passphrase is refused with the way out', async () => {
    makeKey(join(sshd.dir, 'locked'), 'a passphrase');
    const target = sshd.target({ identityFile: join(sshd.dir, 'locked') });
    await expect(hosts.host(target).run(sh`true`)).rejects.toMatchObject({
      kind: 'LocalFileUnreadable',
      details: { next: containing('ssh-add') },
    });
  });

  test.each([
    ['absent', undefined, 'cannot read the SSH key'],
    ['no key', 'hello', 'is not a private SSH key'],
  ])('a key file that is %s is refused', async (name, content, message) => {
    const identityFile = join(sshd.dir, `key ${name}`);
    if (content) writeFileSync(identityFile, content);
    await expect(hosts.host(sshd.target({ identityFile })).run(sh`true`)).rejects.toMatchObject({
      kind: 'LocalFileUnreadable',
      message: containing(message),
    });
  });

  test('an SSH agent opens the door where the spec names no key', async () => {
    const said = execFileSync('ssh-agent', ['-s']).toString();
    const socket = /SSH_AUTH_SOCK=([^;]+)/.exec(said)?.[1] ?? '';
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
    try {
      execFileSync('ssh-add', ['-q', sshd.identityFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      await hosts.close();
      hosts = sshHosts({ agent: socket });
      const target = sshd.target();
      delete (target as { identityFile?: string }).identityFile;
      expect(await hosts.host(target).run(sh`echo in`)).toMatchObject({ stdout: 'in\n' });
    } finally {
      // So that it takes its socket with it.
      killQuietly(pid, 'SIGTERM');
    }
  });
});

describe('who the host is', () => {
  test('an unknown host key is refused with its fingerprint and the cure', async () => {
    const shown = await hosts.fetchHostKey(sshd.target());
    await expect(
      hosts.host(sshd.target({ knownHosts: join(sshd.dir, 'none') })).run(sh`true`),
    ).rejects.toMatchObject({
      kind: 'HostKeyMismatch',
      message: containing(fingerprint(shown)),
      details: { next: containing('holdfast trust SPEC') },
    });
  });

  test('a changed host key is refused with both fingerprints, also when its type changed', async () => {
    const { keyOnFile, file } = otherKey('changed', `[127.0.0.1]:${sshd.port}`);
    const shown = await hosts.fetchHostKey(sshd.target());
    await expect(hosts.host(sshd.target({ knownHosts: file })).run(sh`true`)).rejects.toMatchObject({
      kind: 'HostKeyMismatch',
      message: matching(new RegExp(`changed.*${escape(fingerprint(shown))}.*${escape(keyOnFile)}`)),
    });
    const rsa = join(sshd.dir, 'rsa-on-file');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
    const knownHosts = join(sshd.dir, 'known-rsa');
    writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${readFileSync(`${rsa}.pub`, 'utf8')}`);
    await expect(hosts.host(sshd.target({ knownHosts })).run(sh`true`)).rejects.toMatchObject({
      kind: 'HostKeyMismatch',
      message: containing('changed'),
    });
  });

  test('a revoked host key is refused', async () => {
    const knownHosts = join(sshd.dir, 'known-revoked');
    writeFileSync(knownHosts, `${readFileSync(sshd.knownHosts, 'utf8')}@revoked * ${sshd.hostKey}\n`);
    await expect(hosts.host(sshd.target({ knownHosts })).run(sh`true`)).rejects.toMatchObject({
      kind: 'HostKeyMismatch',
      message: containing('revoked'),
    });
  });

  test('a hashed known_hosts is understood', async () => {
    const knownHosts = join(sshd.dir, 'known-hashed');
    writeFileSync(knownHosts, readFileSync(sshd.knownHosts));
    execFileSync('ssh-keygen', ['-H', '-f', knownHosts], { stdio: 'ignore' });
    expect(await hosts.host(sshd.target({ knownHosts })).run(sh`echo in`)).toMatchObject({ stdout: 'in\n' });
  });

  test('a key that was read and filed is known from then on, at once', async () => {
    const target = sshd.target({ knownHosts: join(sshd.dir, 'known-filed') });
    await expect(hosts.host(target).run(sh`true`)).rejects.toMatchObject({ kind: 'HostKeyMismatch' });
    const key = await hosts.fetchHostKey(target);
    expect(await knownHostState(target, key)).toBe('unknown');
    await addKnownHost(target, key);
    expect(await knownHostState(target, key)).toBe('known');
    expect(await hosts.host(target).run(sh`echo in`)).toMatchObject({ stdout: 'in\n' });
    expect(statSync(target.knownHosts).mode & 0o777).toBe(0o600);
  });

  const otherKey = (name: string, host: string) => {
    const path = join(sshd.dir, name);
    makeKey(path);
    writeFileSync(`${path}.known`, `${host} ${readFileSync(`${path}.pub`, 'utf8')}`);
    const keyOnFile =
      execFileSync('ssh-keygen', ['-l', '-f', `${path}.pub`])
        .toString()
        .split(' ')[1] ?? '';
    return { keyOnFile, file: `${path}.known` };
  };
});

describe('through the bastion', () => {
  let bastion: TestSshd;
  beforeAll(async () => void (bastion = await startSshd({ name: 'bastion-1' })));
  afterAll(() => bastion.stop());
  const behind = () => sshd.target({ via: bastion.target() });

  test('a host is reached by way of it, never directly, and its connection is shared', async () => {
    const before = connections();
    const sameMachine = { ...behind(), user: 'nobody-else' };
    const answers = await Promise.all([
      hosts.host(behind()).run(sh`echo $SSH_CONNECTION`),
      hosts.host(behind()).run(sh`echo two`),
      hosts.host(bastion.target()).run(sh`echo three`),
      hosts
        .host(sameMachine)
        .run(sh`true`)
        .catch((error: unknown) => error),
    ]);
    expect(answers[3]).toMatchObject({ kind: 'AuthenticationFailed' });
    expect(connections() - before).toBe(1);
    expect(bastion.log().match(/^Accepted publickey/gm)).toHaveLength(1);
    // The host sees a connection that the bastion's sshd opened.
    const from = (answers[0] as { stdout: string }).stdout.split(' ')[1];
    expect(sshd.log()).toContain(`port ${from}`);
  });

  test("the host's key is read through it, too", async () => {
    const key = await hosts.fetchHostKey(behind());
    expect(`${key.type} ${key.blob.toString('base64')}`).toBe(sshd.hostKey);
  });

  test('a bastion that fell silent does not keep the connections behind it from being closed', async () => {
    const own = sshHosts();
    await own.host(behind()).run(sh`true`);
    const frozen = [...bastion.sessions(), ...sshd.sessions()];
    for (const pid of frozen) killQuietly(pid, 'SIGSTOP');
    try {
      await own.close();
    } finally {
      for (const pid of frozen) killQuietly(pid);
    }
  });

  test('a bastion with a wrong key is named, and nothing goes past it', async () => {
    const before = connections();
    const wrong = bastion.target({ knownHosts: join(sshd.dir, 'nobody') });
    await expect(hosts.host(sshd.target({ via: wrong })).run(sh`true`)).rejects.toMatchObject({
      kind: 'HostKeyMismatch',
      host: 'bastion-1',
    });
    expect(connections()).toBe(before);
  });

  test('a host that it cannot reach is a lost connection that names both', async () => {
    const target = { ...behind(), port: await freePort() };
    appendFileSync(sshd.knownHosts, `[127.0.0.1]:${target.port} ${sshd.hostKey}\n`);
    await expect(hosts.host(target).run(sh`true`)).rejects.toMatchObject({
      kind: 'ConnectionLost',
      message: containing('bastion-1 cannot reach'),
      details: { next: containing('-J 127.0.0.1') },
    });
  });

  test('one that forbids forwarding parks at once with the line to set', async () => {
    const strict = await startSshd({ name: 'bastion-2', config: 'AllowTcpForwarding no' });
    try {
      await expect(hosts.host(sshd.target({ via: strict.target() })).run(sh`true`)).rejects.toMatchObject({
        kind: 'ProblemFound',
        host: 'bastion-2',
        details: { next: containing('AllowTcpForwarding yes') },
      });
    } finally {
      await hosts.close();
      await strict.stop();
    }
  });

  test('a bastion that is lost is opened again with the host behind it', async () => {
    const host = hosts.host(behind());
    await host.run(sh`true`);
    for (const pid of bastion.sessions()) killQuietly(pid);
    // A command that was under way, or came before the loss was seen, ends as lost; Temporal's retry is the next one.
    await vi.waitFor(
      async () => expect(await host.run(sh`echo again`)).toMatchObject({ stdout: 'again\n' }),
      5000,
    );
  });
});

/** expect's matchers are of type any. */
const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
