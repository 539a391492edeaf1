import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import Long from 'long';
import { clusterAttribute, stateAttribute } from '../../workflows/contract.ts';
import { findProgram, temporalProgram } from './find-program.ts';
import { isOurs, startDetached } from './process.ts';
import { databaseFile, logFile, readStarted, writeStarted } from './state.ts';
import type { StartedProcess, StartedServer } from './state.ts';

export interface Ports {
  /** Default 7233, where every Temporal client looks first. */
  readonly port: number;
  /** Default 8233. */
  readonly uiPort: number;
}

/** The embedded Temporal: running already, or started now on its own file. Answers when it does. */
export async function ensureServer(ports: Ports, say: (line: string) => void): Promise<StartedServer> {
  const known = await readStarted('server');
  if (known && (await isOurs(known))) {
    await untilServing(known);
    return known;
  }
  const address = `localhost:${ports.port}`;
  for (const port of [ports.port, ports.uiPort])
    if (await answers(port))
      throw new Error(
        `port ${port} is taken by another program: holdfast dev --port P --ui-port P takes others`,
      );
  const program = await findProgram(temporalProgram, { say });
  const started = await startDetached(program, serverArguments(ports), { log: logFile('server') });
  const server = { ...started, address, ui: `http://localhost:${ports.uiPort}` };
  await writeStarted('server', server);
  await untilServing(server);
  await keepRecords(address);
  return server;
}

/** The last change of a cluster is its record: a dev server would forget it after a day. */
export async function keepRecords(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const workflowExecutionRetentionTtl = { seconds: Long.fromNumber(10 * 365 * 86_400) };
  await connection.workflowService
    .updateNamespace({ namespace: 'default', config: { workflowExecutionRetentionTtl } })
    .finally(() => connection.close());
}

export function serverArguments({ port, uiPort }: Ports, database = databaseFile()): readonly string[] {
  return [
    ...['server', 'start-dev', '--db-filename', database],
    ...['--port', String(port), '--ui-port', String(uiPort)],
    ...[clusterAttribute, stateAttribute].flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
    // The UI would ask its maker's site for news otherwise.
    '--ui-disable-news-fetch',
    ...['--log-level', 'warn'],
  ];
}

async function untilServing(server: StartedServer): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const connection = await Connection.connect({ address: server.address, connectTimeout: '2 s' });
      return await connection.close();
    } catch (error) {
      if (!(await isOurs(server))) throw await gone(server);
      if (attempt >= 30) throw error;
      await pause(300);
    }
  }
}

async function gone({ pid }: StartedProcess): Promise<Error> {
  const log = await readFile(logFile('server'), 'utf8').catch(() => '');
  return new Error(
    `the Temporal server (pid ${pid}) ended: ${log.slice(-600)}\nIts log: ${logFile('server')}`,
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
