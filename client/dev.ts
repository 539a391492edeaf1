import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { embeddedStatus, startEmbedded, stopEmbedded } from '../worker/embedded/index.ts';
import type { EmbeddedStatus } from '../worker/embedded/index.ts';
import { workerProgram } from './dev/program.ts';
import { ExitError, exitCode } from './exit.ts';

interface DevOptions {
  readonly stop?: boolean;
  readonly status?: boolean;
  readonly json?: boolean;
  readonly port: number;
  readonly uiPort: number;
}

export function register(program: Command): void {
  program
    .command('dev')
    .description(
      'start a Temporal server with its UI, and a worker, on this machine; they go on when this ends',
    )
    .option('--stop', 'end both; their data stays')
    .option('--status', 'say what runs, and where its logs are')
    .option('--json', 'with --status: as JSON')
    .option('--port <port>', 'port of the Temporal server', port, 7233)
    .option('--ui-port <port>', 'port of its UI', port, 8233)
    .action(dev);
}

async function dev(options: DevOptions): Promise<void> {
  if (options.stop) return stopBoth();
  if (!options.status) await start(options);
  const status = await embeddedStatus();
  console.log(options.json ? JSON.stringify(status, null, 2) : asText(status));
  if (options.status && !(status.server.running && status.worker.running))
    process.exitCode = exitCode.unreachable;
}

async function start({ port, uiPort }: DevOptions): Promise<void> {
  try {
    await startEmbedded(workerProgram, { port, uiPort }, (line) => console.error(line));
  } catch (error) {
    throw new ExitError(exitCode.unreachable, error instanceof Error ? error.message : String(error));
  }
}

async function stopBoth(): Promise<void> {
  const stopped = await stopEmbedded();
  console.log(stopped.length > 0 ? `ended: ${stopped.join(', ')}` : 'nothing of holdfast dev runs');
}

function asText({ server, worker }: EmbeddedStatus): string {
  return [
    server.running
      ? `Temporal server: ${server.address}, pid ${server.pid}\nUI:              ${server.ui}`
      : 'Temporal server: not running',
    worker.running ? `worker:          pid ${worker.pid}` : 'worker:          not running',
    `logs:            ${server.log}\n                 ${worker.log}`,
    `data:            ${server.data}`,
  ].join('\n');
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65536) return number;
  throw new InvalidArgumentError('a port is a number from 1 to 65535');
}
