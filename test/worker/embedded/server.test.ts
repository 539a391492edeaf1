import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Connection } from '@temporalio/client';
import { embeddedStatus, stopEmbedded } from '../../../worker/embedded/index.ts';
import { ensureServer } from '../../../worker/embedded/server.ts';
import { registerSearchAttributes } from '../../../worker/search-attributes.ts';

let folder: string;
beforeAll(async () => {
  vi.setConfig({ testTimeout: 60_000 });
  folder = await mkdtemp(join(tmpdir(), 'holdfast-state-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
});
afterAll(async () => {
  await stopEmbedded();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test('the embedded server starts once, knows our search attributes, forgets no cluster, and keeps its data when it is started again', async () => {
  const ports = { port: await freePort(), uiPort: await freePort() };
  const server = await ensureServer(ports, () => undefined);
  expect(await ensureServer(ports, () => undefined)).toEqual(server);
  expect(await registered(server.address)).toEqual([]);
  expect(await retentionDays(server.address)).toBe(3650);
  await describe(server.address, 'register');

  expect(await stopEmbedded()).toEqual(['server']);
  expect((await embeddedStatus()).server.running).toBe(false);
  const again = await ensureServer(ports, () => undefined);
  expect(again.pid).not.toBe(server.pid);
  await describe(again.address, 'look');
});

test('a port that another program holds is refused by name', async () => {
  await stopEmbedded();
  const other = createServer().listen(0, 'localhost');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  await expect(ensureServer({ port, uiPort: await freePort() }, () => undefined)).rejects.toThrow(
    `port ${port} is taken by another program`,
  );
  await new Promise((resolve) => other.close(resolve));
});

async function registered(address: string): Promise<readonly string[]> {
  const connection = await Connection.connect({ address });
  return registerSearchAttributes(connection.operatorService, 'default').finally(() => connection.close());
}

async function retentionDays(address: string): Promise<number> {
  const connection = await Connection.connect({ address });
  const { config } = await connection.workflowService
    .describeNamespace({ namespace: 'default' })
    .finally(() => connection.close());
  return Number(config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
}

/** A namespace is data too: made in the first life of the server, looked for in the second. */
async function describe(address: string, what: 'register' | 'look'): Promise<void> {
  const connection = await Connection.connect({ address });
  const day = { seconds: 86_400 as never };
  if (what === 'register')
    await connection.workflowService.registerNamespace({
      namespace: 'kept',
      workflowExecutionRetentionPeriod: day,
    });
  else await connection.workflowService.describeNamespace({ namespace: 'kept' });
  await connection.close();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, 'localhost', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
