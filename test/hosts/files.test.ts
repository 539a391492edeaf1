import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeFile } from '../../hosts/files.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import type { Host } from '../../hosts/host.ts';
import { standIn, startSshd } from './sshd.ts';
import type { TestSshd } from './sshd.ts';

let sshd: TestSshd;
let host: Host;
let dir: string;
const hosts = sshHosts();
beforeAll(async () => {
  sshd = await startSshd();
  host = hosts.host(sshd.target());
  dir = join(sshd.dir, "it's a folder");
  mkdirSync(dir);
});
afterAll(async () => {
  await hosts.close();
  await sshd.stop();
});

const containing = (text: string): unknown => expect.stringContaining(text);

test('any bytes are written and read back', async () => {
  const path = join(dir, 'bytes');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      await host.writeFile({ path, content: Buffer.from(bytes), mode: 0o644 });
      expect(await host.readFile(path)).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 25 },
  );
});

test('a file that is as wanted is not touched', async () => {
  const file = { path: join(dir, 'same'), content: 'a', mode: 0o640 };
  expect(await host.writeFile(file)).toEqual({ changed: true });
  const before = statSync(file.path);
  expect(await host.writeFile(file)).toEqual({ changed: false });
  expect(statSync(file.path).ino).toBe(before.ino);
});

test('of a secret not even a hash stands in a command, which any user of the host can read', async () => {
  const commands: string[] = [];
  const content = 'ansible_become_password: sesame\n';
  const file = { path: join(dir, 'secret'), content, mode: 0o600, secret: true };
  const nothing = { bytes: Buffer.from(''), dropped: 0 };
  const answer = { code: 1, stdout: nothing, stderr: nothing };
  await writeFile((command) => (commands.push(command.text), Promise.resolve(answer)), 'a', file).catch(
    () => undefined,
  );
  expect(commands).toHaveLength(2);
  expect(commands.join('\n')).not.toContain(createHash('sha256').update(content).digest('hex'));
  expect(await host.writeFile(file)).toEqual({ changed: true });
  expect(await host.writeFile(file)).toEqual({ changed: false });
});

test('a mode that differs is mended', async () => {
  const file = { path: join(dir, 'mode'), content: 'a', mode: 0o600 };
  await host.writeFile(file);
  chmodSync(file.path, 0o644);
  expect(await host.writeFile(file)).toEqual({ changed: true });
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
});

test('a link in its place becomes a file, and what it pointed to stays', async () => {
  const other = join(dir, 'other');
  writeFileSync(other, 'theirs');
  const path = join(dir, 'link');
  symlinkSync(other, path);
  await host.writeFile({ path, content: 'ours', mode: 0o644 });
  expect(lstatSync(path).isFile()).toBe(true);
  expect(readFileSync(other, 'utf8')).toBe('theirs');
});

test('an absent file is undefined, and so is one below a file', async () => {
  writeFileSync(join(dir, 'file'), '');
  expect(await host.readFile(join(dir, 'absent'))).toBeUndefined();
  expect(await host.readFile(join(dir, 'file', 'below'))).toBeUndefined();
});

test('a folder is not an absent file', async () => {
  await expect(host.readFile(dir)).rejects.toMatchObject({ message: containing('Is a directory') });
});

test('a file larger than wanted is not half read', async () => {
  writeFileSync(join(dir, 'large'), 'x'.repeat(2000));
  await expect(host.readFile(join(dir, 'large'), { maxBytes: 1000 })).rejects.toMatchObject({
    kind: 'ProblemFound',
  });
});

test('content that did not arrive whole never takes the place of the file, and nothing is left behind', async () => {
  const path = join(dir, 'whole');
  await host.writeFile({ path, content: 'before', mode: 0o644 });
  standIn(sshd, 'cat', 'head -c 3');
  try {
    await expect(host.writeFile({ path, content: 'after it', mode: 0o644 })).rejects.toMatchObject({
      kind: 'CommandFailed',
      message: containing('did not arrive whole'),
    });
  } finally {
    standIn(sshd, 'cat', 'exec /bin/cat "$@"');
  }
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
});

test.each([false, true])('a full disk says so (a secret: %s)', async (secret) => {
  standIn(sshd, 'cat', 'echo "cat: write error: No space left on device" >&2; exit 1');
  try {
    await expect(
      host.writeFile({ path: join(dir, 'x'), content: 'x', mode: 0o600, secret }),
    ).rejects.toMatchObject({
      kind: 'CommandFailed',
      message: containing('No space left'),
      details: { exitCode: 1 },
    });
  } finally {
    standIn(sshd, 'cat', 'exec /bin/cat "$@"');
  }
});

test('a change without effect is an error', async () => {
  standIn(sshd, 'chmod', 'exit 0');
  try {
    await expect(
      host.writeFile({ path: join(dir, 'stubborn'), content: 'x', mode: 0o755 }),
    ).rejects.toMatchObject({ kind: 'NotYet' });
  } finally {
    standIn(sshd, 'chmod', 'exec /bin/chmod "$@"');
  }
});
