import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { holdfast } from '../../client/program.ts';

afterEach(() => vi.unstubAllEnvs());

/** Nothing here may reach this machine's own systemd: only what ends before. */
async function run(...args: readonly string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const say = (line: unknown): void => void said.push(String(line));
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(say),
    vi.spyOn(console, 'error').mockImplementation(say),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => (say(text), true)),
  ];
  try {
    return { code: await holdfast(args), said: said.join('\n') };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
}

test.each([
  ['a user that no system would take', ['--user', 'ann; reboot'], /a user name/],
  ['a port that is none', ['--port', '0'], /a whole number from 1 to 65535/],
  ['no backup to be kept', ['--keep', '0'], /a whole number from 1 to 1000/],
  ['a word too many', ['now'], /too many arguments/],
])('service install with %s is bad input', async (_, args, why) => {
  const { code, said } = await run('service', 'install', ...args);
  expect(code).toBe(2);
  expect(said).toMatch(why);
});

test('service backup of what is no data of Temporal’s fails, and says what it takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-verb-'));
  const { code, said } = await run('service', 'backup', '--data', join(folder, 'none.db'), '--to', folder);
  expect(code).toBe(1);
  expect(said).toMatch(/no backup was made: .*It takes python3/);
  await rm(folder, { recursive: true });
});

test('worker --check asks the worker whose metrics are named: 0 where it polls, 4 where none does, 2 where none is named', async () => {
  const line = (type: string): string => `temporal_num_pollers{poller_type="${type}"} 2\n`;
  const server = createServer((_, response) => response.end(line('workflow_task') + line('activity_task')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('HOLDFAST_METRICS_ADDRESS', '');
  expect(await run('worker', '--check')).toMatchObject({ code: 2 });
  vi.stubEnv('HOLDFAST_METRICS_ADDRESS', `0.0.0.0:${port}`);
  expect(await run('worker', '--check')).toEqual({ code: 0, said: 'the worker polls' });
  server.close();
  server.closeAllConnections();
  expect(await run('worker', '--check')).toMatchObject({
    code: 4,
    said: `no worker polls whose metrics are at 127.0.0.1:${port}`,
  });
});
