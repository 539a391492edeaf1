import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import type { SshHosts } from '../../hosts/ssh-hosts.ts';
import { killQuietly, startSshd } from './sshd.ts';
import type { TestSshd } from './sshd.ts';

let sshd: TestSshd;
let hosts: SshHosts = sshHosts();
beforeAll(async () => void (sshd = await startSshd()));
afterEach(async () => {
  await hosts.close();
  hosts = sshHosts();
});
afterAll(() => sshd.stop());

const ignore = () => {};
/** Says its own process id and goes on for as long as its stdin does. */
const loop = sh`echo $$; exec cat`;

/** Starts the loop; resolves with its process id once that was heard. */
function started(options: { signal?: AbortSignal } = {}): Promise<{ pid: number; ended: Promise<unknown> }> {
  return new Promise((resolve) => {
    const ended: Promise<unknown> = hosts
      .host(sshd.target())
      .stream(loop, (line) => line && resolve({ pid: Number(line), ended }), options)
      .catch((error: unknown) => error);
  });
}
const gone = (pid: number) =>
  vi.waitUntil(() => !existsSync(`/proc/${pid}`), { timeout: 5000, interval: 20 });

describe('a streaming command', () => {
  test('hands over each line when it comes, whole however it was cut, and answers with its code', async () => {
    const lines: string[] = [];
    const end = await hosts
      .host(sshd.target())
      .stream(
        sh`printf 'on'; sleep 0.2; printf 'e\n\ntw'; sleep 0.2; echo 'o ä'; echo why >&2; exit 3`,
        (line) => lines.push(line),
      );
    expect(lines).toEqual(['one', '', 'two ä']);
    expect(end).toEqual({ code: 3, tail: 'why' });
  });

  test('is told something first, and after that hears an empty line now and then', async () => {
    const lines: string[] = [];
    await hosts
      .host(sshd.target())
      .stream(sh`read first; echo "$first"; read pulse; echo "pulse:$pulse"`, (line) => lines.push(line), {
        stdin: 'hello\n',
      });
    expect(lines).toEqual(['hello', 'pulse:']);
  }, 20_000);

  test('is ended by a cancellation, which throws its reason', async () => {
    const stop = new AbortController();
    const { pid, ended } = await started(stop);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await ended).toBe(reason);
    await gone(pid);
  });

  test('leaves nothing behind where the connection goes', async () => {
    const { pid, ended } = await started();
    for (const session of sshd.sessions()) if (session !== pid) killQuietly(session);
    expect(await ended).toMatchObject({ kind: 'ConnectionLost', host: 'host-1' });
    await gone(pid);
  });

  test('leaves nothing behind where the worker ends', async () => {
    const { pid, ended } = await started();
    await hosts.close();
    expect(await ended).toMatchObject({ kind: 'ConnectionLost' });
    await gone(pid);
  });

  test('is ended where its line never ends', async () => {
    const endless = hosts
      .host(sshd.target())
      .stream(sh`exec tr '\\0' x < /dev/zero`, ignore, { maxLine: 10_000 });
    await expect(endless).rejects.toMatchObject({
      kind: 'CommandFailed',
      message: 'it printed a line of more than 10000 bytes',
    });
  });

  test('is ended where what it says cannot be taken', async () => {
    const { pid, ended } = await new Promise<{ pid: number; ended: Promise<unknown> }>((resolve) => {
      const ended: Promise<unknown> = hosts
        .host(sshd.target())
        .stream(loop, (line) => {
          resolve({ pid: Number(line), ended });
          throw new Error('not understood');
        })
        .catch((error: unknown) => error);
    });
    expect(await ended).toMatchObject({ message: 'not understood' });
    await gone(pid);
  });

  test('on a connection that fell silent is cancelled all the same', async () => {
    const host = hosts.host(sshd.target());
    await host.run(sh`true`);
    const frozen = sshd.sessions();
    for (const pid of frozen) killQuietly(pid, 'SIGSTOP');
    try {
      const stop = new AbortController();
      const ended = host.stream(loop, ignore, stop);
      setTimeout(() => stop.abort(new Error('enough')), 100);
      await expect(ended).rejects.toThrow('enough');
    } finally {
      for (const pid of frozen) killQuietly(pid, 'SIGCONT');
    }
  });

  test('shows nothing of what it was told to others on the host', async () => {
    let words = '';
    await hosts
      .host(sshd.target())
      .stream(sh`read secret; tr '\\0' ' ' < /proc/$$/cmdline`, (line) => (words += line), {
        stdin: 's3cret\n',
      });
    expect(words).not.toContain('s3cret');
    expect(readFileSync(join(sshd.dir, 'log'), 'utf8')).not.toContain('s3cret');
  });
});
