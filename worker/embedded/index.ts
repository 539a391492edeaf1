import { isOurs, stop } from './process.ts';
import { ensureServer } from './server.ts';
import type { Ports } from './server.ts';
import { databaseFile, forgetStarted, logFile, readStarted } from './state.ts';
import type { Part, StartedServer } from './state.ts';
import { ensureWorker } from './worker-process.ts';
import type { WorkerProgram } from './worker-process.ts';

export type { Ports } from './server.ts';
export type { WorkerProgram } from './worker-process.ts';

/** Server and worker as processes of their own, each left as it is when it runs already. */
export async function startEmbedded(
  program: WorkerProgram,
  ports: Ports,
  say: (line: string) => void,
): Promise<StartedServer> {
  const server = await ensureServer(ports, say);
  await ensureWorker(server.address, program, say);
  return server;
}

/** Ends both by the pids that were noted, if these are still the same processes. Their data stays. */
export async function stopEmbedded(): Promise<readonly Part[]> {
  const stopped: Part[] = [];
  // The worker first: it tells the server what its activities were doing.
  if (await stop(await readStarted('worker'), 40)) stopped.push('worker');
  if (await stop(await readStarted('server'), 15)) stopped.push('server');
  await forgetStarted('worker');
  await forgetStarted('server');
  return stopped;
}

export interface EmbeddedStatus {
  readonly server: {
    readonly running: boolean;
    readonly pid?: number;
    readonly address?: string;
    readonly ui?: string;
    readonly log: string;
    readonly data: string;
  };
  readonly worker: { readonly running: boolean; readonly pid?: number; readonly log: string };
}

export async function embeddedStatus(): Promise<EmbeddedStatus> {
  const [server, worker] = [await readStarted('server'), await readStarted('worker')];
  const serves = await isOurs(server);
  const works = await isOurs(worker);
  return {
    server: {
      running: serves,
      ...(serves && server && { pid: server.pid, address: server.address, ui: server.ui }),
      log: logFile('server'),
      data: databaseFile(),
    },
    worker: { running: works, ...(works && worker && { pid: worker.pid }), log: logFile('worker') },
  };
}
