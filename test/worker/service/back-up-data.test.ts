import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { findProgram, temporalProgram } from '../../../worker/embedded/find-program.ts';
import { isOurs, startDetached, stop } from '../../../worker/embedded/process.ts';
import type { StartedProcess } from '../../../worker/embedded/state.ts';
import { serverArguments } from '../../../worker/embedded/server.ts';
import { backUpData } from '../../../worker/service/back-up-data.ts';
import { untilReady } from '../../../worker/service/ready.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
let folder: string;
let running: StartedProcess[] = [];
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'holdfast-data-'))));
afterEach(async () => {
  for (const server of running) await stop(server, 15);
  running = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Server {
  readonly client: Client;
  readonly end: () => Promise<void>;
}

/** The embedded server as its unit starts it, on that file. A port that was free may be taken a moment later. */
async function serverOn(data: string, tries = 3): Promise<Server> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const log = join(folder, `log-${port}`);
  const args = [
    ...serverArguments({ port, uiPort }, data),
    '--ip',
    '127.0.0.1',
    '--sqlite-pragma',
    'journal_mode=wal',
  ];
  const server = await startDetached(await findProgram(temporalProgram), args, { log });
  running.push(server);
  const address = `127.0.0.1:${port}`;
  const isReady = untilReady(address, 60).then(() => true);
  const hasEnded = async () => {
    while (await isOurs(server)) await pause(200);
    return false;
  };
  const ready = await Promise.race([isReady, hasEnded()]).catch((error: unknown) => error);
  if (ready !== true) {
    isReady.catch(() => undefined);
    const said = (await readFile(log, 'utf8')).slice(-2000);
    if (tries > 1 && said.includes('address already in use')) return serverOn(data, tries - 1);
    throw new Error(`the server on ${data} does not serve: ${String(ready)}\n${said}`);
  }
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection }),
    end: async () => {
      await connection.close();
      await stop(server, 15);
    },
  };
}

const start = (client: Client, workflowId: string) =>
  client.workflow.start('waits', { workflowId, taskQueue: 'nobody', args: [{ told: workflowId }] });

test('data that is written to all the time is copied as of one moment, and a server on the copy has every workflow of before', async () => {
  const data = join(folder, 'temporal.db');
  const backups = join(folder, 'backups');
  const { client, end } = await serverOn(data);
  for (let i = 0; i < 20; i += 1) await start(client, `before-${i}`);
  let writes = 0;
  let isDone = false;
  let failure: unknown;
  const writing = (async () => {
    while (!isDone) await start(client, `meanwhile-${writes}`).then(() => (writes += 1));
  })().catch((error: unknown) => (failure = error));
  await expect.poll(() => writes).toBeGreaterThan(0);
  const { file, bytes, namespaces } = await backUpData({
    data,
    folder: backups,
    keep: 3,
    now: new Date('2026-11-25T02:08:04.123Z'),
  });
  const before = writes;
  await expect.poll(() => writes).toBeGreaterThan(before);
  isDone = true;
  await writing;
  expect(failure).toBeUndefined();
  await start(client, 'after');
  await end();

  expect(file).toBe(join(backups, 'temporal-20261125T020804Z.db.gz'));
  expect(namespaces).toBeGreaterThanOrEqual(2);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(file)).size).toBe(bytes);
  expect(await readdir(backups)).toEqual(['temporal-20261125T020804Z.db.gz']);

  // What docs/production.md tells a person to do.
  const restored = join(folder, 'restored.db');
  await writeFile(restored, gunzipSync(await readFile(file)), { mode: 0o600 });
  const again = await serverOn(restored);
  for (const id of ['before-0', 'before-19']) {
    const { status } = await again.client.workflow.getHandle(id).describe();
    expect(status.name).toBe('RUNNING');
  }
  await again.client.workflow.getHandle('before-0').signal('still', 'there');
  await expect(again.client.workflow.getHandle('after').describe()).rejects.toThrow(/not found/i);
  await again.end();
});

test('of more than are kept the oldest go, and what is no backup stays', async () => {
  const data = await someData('kept.db');
  const backups = join(folder, 'kept');
  await mkdir(backups);
  await writeFile(join(backups, 'a note'), '');
  const at = (day: number) =>
    backUpData({ data, folder: backups, keep: 2, now: new Date(Date.UTC(2026, 0, day)) });
  expect((await at(1)).removed).toEqual([]);
  await at(2);
  expect((await at(3)).removed).toEqual(['temporal-20260101T000000Z.db.gz']);
  expect((await readdir(backups)).sort()).toEqual([
    'a note',
    'temporal-20260102T000000Z.db.gz',
    'temporal-20260103T000000Z.db.gz',
  ]);
});

test.each([
  ['is not there', undefined, /no backup was made: .*unable to open database file/],
  ['is no database', 'nonsense '.repeat(200), /file is not a database/],
  ['is empty', '', /no such table: namespaces/],
])('a file that %s makes no backup, and no older one goes', async (name, content, why) => {
  const data = join(folder, `${name}.db`);
  if (content !== undefined) await writeFile(data, content);
  const backups = await mkdtemp(join(folder, 'none-'));
  await writeFile(join(backups, 'temporal-20200101T000000Z.db.gz'), '');
  await expect(backUpData({ data, folder: backups, keep: 1, now: new Date() })).rejects.toThrow(why);
  expect(await readdir(backups)).toEqual(['temporal-20200101T000000Z.db.gz']);
});

/** A file of the embedded server's, small and at rest. */
async function someData(name: string): Promise<string> {
  const data = join(folder, name);
  const script = `
import sqlite3, sys
data = sqlite3.connect(sys.argv[1])
data.execute("create table namespaces (id)")
data.execute("insert into namespaces values (1)")
data.commit()
`;
  await execa('python3', ['-c', script, data]);
  return data;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
