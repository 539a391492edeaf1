import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { taskQueue } from '../../workflows/contract.ts';
import { isOurs, startDetached, stop } from './process.ts';
import { logFile, readStarted, writeStarted } from './state.ts';
import type { StartedProcess } from './state.ts';

export interface WorkerProgram {
  /** Arguments for node that run a worker in the foreground. */
  readonly args: readonly string[];
  /** Folder of the compiled code: a worker of an older build is replaced. */
  readonly dist: string;
}

/** A worker for the server at `address`: running already with this code, or started now. Returns when it polls. */
export async function ensureWorker(
  address: string,
  program: WorkerProgram,
  say: (line: string) => void,
): Promise<StartedProcess> {
  const code = await hashOf(program.dist);
  const known = await readStarted('worker');
  if (known && (await isOurs(known))) {
    if (known.code === code) return known;
    say(`the worker (pid ${known.pid}) runs an older build: it is replaced; jobs on the hosts go on`);
    await stop(known, 40);
  }
  const env = { TEMPORAL_ADDRESS: address };
  const started = {
    ...(await startDetached(process.execPath, program.args, { log: logFile('worker'), env })),
    code,
  };
  await writeStarted('worker', started);
  await untilPolling(address, started);
  return started;
}

async function untilPolling(address: string, started: StartedProcess): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    for (let attempt = 0; attempt < 150; attempt += 1) {
      if (!(await isOurs(started))) {
        const log = await readFile(logFile('worker'), 'utf8').catch(() => '');
        throw new Error(
          `the worker (pid ${started.pid}) ended: ${log.slice(-600)}\nIts log: ${logFile('worker')}`,
        );
      }
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: taskQueue },
        taskQueueType: 1,
      });
      if (pollers?.some(({ identity }) => identity === `${started.pid}@${hostname()}`)) return;
      await pause(200);
    }
    throw new Error(
      `the worker (pid ${started.pid}) does not poll after 30 s; its log: ${logFile('worker')}`,
    );
  } finally {
    await connection.close();
  }
}

/** Version of the compiled code in a folder. */
export async function hashOf(dist: string): Promise<string> {
  const files = (await readdir(dist, { recursive: true })).filter((name) => /\.c?js$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(dist, file)));
  return hash.digest('hex').slice(0, 16);
}
