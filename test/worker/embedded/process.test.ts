import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isOurs, startDetached, stop } from '../../../worker/embedded/process.ts';
import type { StartedProcess } from '../../../worker/embedded/state.ts';

let folder: string;
let started: StartedProcess | undefined;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'holdfast-process-'))));
afterEach(async () => {
  await stop(started, 0);
  await rm(folder, { recursive: true, force: true });
});

const start = async (script: string): Promise<StartedProcess> =>
  (started = await startDetached(process.execPath, ['-e', script], { log: join(folder, 'log') }));

test('a started process is ours until it has ended, and what it says is in its log', async () => {
  const own = await start('console.log("here"); setInterval(() => {}, 1000)');
  expect(await isOurs(own)).toBe(true);
  await expect.poll(() => readFile(join(folder, 'log'), 'utf8')).toBe('here\n');
  expect(await stop(own, 10)).toBe(true);
  expect(await isOurs(own)).toBe(false);
});

test('a pid that belongs to another process by now is left alone', async () => {
  const own = await start('setInterval(() => {}, 1000)');
  const stale = { ...own, startedAt: 'long ago' };
  expect(await isOurs(stale)).toBe(false);
  expect(await stop(stale, 1)).toBe(false);
  expect(await isOurs(own)).toBe(true);
});

test('one that does not end when it is asked to is ended by force', async () => {
  const own = await start(
    'process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)',
  );
  await expect.poll(() => readFile(join(folder, 'log'), 'utf8')).toBe('deaf\n');
  expect(await stop(own, 0.3)).toBe(true);
  await expect.poll(() => isOurs(own)).toBe(false);
});

test('one that ends in the moment before it is asked to has ended', async () => {
  const own = await start('setInterval(() => {}, 1000)');
  const kill = process.kill.bind(process);
  vi.spyOn(process, 'kill').mockImplementation((pid) => {
    kill(pid, 'SIGKILL');
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  });
  try {
    expect(await stop(own, 10)).toBe(true);
  } finally {
    vi.restoreAllMocks();
  }
});

test('a program that cannot be started is an error', async () => {
  await expect(startDetached(join(folder, 'gone'), [], { log: join(folder, 'log') })).rejects.toThrow(
    /ENOENT/,
  );
});
