import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { hashOf } from '../worker/embedded/worker-process.ts';
import { findProgram, temporalProgram } from '../worker/embedded/find-program.ts';
import { polls } from '../worker/metrics/polls.ts';
import { backUpData } from '../worker/service/back-up-data.ts';
import { installService } from '../worker/service/install.ts';
import { thisMachine } from '../worker/service/machine.ts';
import { backupFolder, databaseFile, environmentFile, stateFolder } from '../worker/service/paths.ts';
import { untilReady } from '../worker/service/ready.ts';
import { removeService } from '../worker/service/remove.ts';
import { serviceStatus } from '../worker/service/status.ts';
import { workerProgram } from './dev/program.ts';
import { ExitError, exitCode } from './exit.ts';
import { statusText } from './service/text.ts';

interface InstallOptions {
  readonly user: string;
  readonly workerOnly?: boolean;
  readonly port: number;
  readonly uiPort: number;
  readonly keep: number;
}

export function register(program: Command): void {
  const service = program
    .command('service')
    .description('run Temporal and a worker on this machine as systemd units, for good (Linux, root)');
  service
    .command('install')
    .description('make, start and enable the units; changes only what differs')
    .option('--user <name>', 'whom they run as; made where there is none', user, 'holdfast')
    .option('--worker-only', `Temporal is elsewhere: ${environmentFile} names it`)
    .option('--port <port>', 'port of the Temporal server, on loopback', wholeFrom(1, 65535), 7233)
    .option('--ui-port <port>', 'port of its UI, on loopback', wholeFrom(1, 65535), 8233)
    .option('--keep <n>', "how many backups of Temporal's data are kept", wholeFrom(1, 1000), 28)
    .action(install);
  service
    .command('remove')
    .description('stop and remove the units; data, settings and the user stay')
    .action(remove);
  service
    .command('status')
    .description('what runs, and the newest backup; exit code 4 when something does not')
    .option('--json', 'as JSON')
    .action(status);
  service
    .command('backup')
    .description("back Temporal's data up now, while it runs; the timer does it four times a day")
    .option('--data <file>', 'its SQLite file', databaseFile)
    .option('--to <folder>', 'where backups lie', backupFolder)
    .option('--keep <n>', 'how many are kept', wholeFrom(1, 1000), 28)
    .action(backUp);
  service
    .command('ready', { hidden: true })
    .description('wait until the server serves')
    .option('--port <port>', 'its port', wholeFrom(1, 65535), 7233)
    .action(({ port }: { port: number }) => untilReady(`127.0.0.1:${port}`, 100));
}

async function install({ user, workerOnly, port, uiPort, keep }: InstallOptions): Promise<void> {
  needsRoot();
  const [, main] = workerProgram.args;
  const changed = await installService({
    machine: thisMachine(),
    settings: {
      user,
      node: process.execPath,
      main: main as string,
      build: await hashOf(workerProgram.dist),
      ...(!workerOnly && { server: { ports: { port, uiPort }, keepBackups: keep } }),
    },
    findTemporal: () => findProgram(temporalProgram, { say: (line) => console.error(line) }),
    polls,
  });
  console.log(changed.length > 0 ? changed.join('\n') : 'already so');
  console.log(
    `settings: ${environmentFile}; keys and data: ${stateFolder}; logs: journalctl --unit holdfast-worker`,
  );
}

async function remove(): Promise<void> {
  needsRoot();
  const changed = await removeService(thisMachine());
  console.log(changed.length > 0 ? changed.join('\n') : 'already so');
  console.log(`what stays: ${stateFolder} (Temporal's data and its backups), ${environmentFile}, the user`);
}

async function status({ json }: { readonly json?: boolean }): Promise<void> {
  const found = await serviceStatus(thisMachine());
  console.log(json ? JSON.stringify(found, null, 2) : statusText(found));
  if (!found.well) process.exitCode = exitCode.unreachable;
}

async function backUp({ data, to, keep }: { data: string; to: string; keep: number }): Promise<void> {
  const { file, bytes, namespaces, removed } = await backUpData({ data, folder: to, keep, now: new Date() });
  console.log(
    `${file}: ${(bytes / 1e6).toFixed(1)} MB, ${namespaces} namespaces; ${removed.length} older ones removed`,
  );
}

function needsRoot(): void {
  if (!existsSync('/run/systemd/system'))
    throw new ExitError(
      exitCode.failed,
      'this machine does not run systemd: see docs/production.md for Docker',
    );
  if (process.getuid?.() !== 0)
    throw new ExitError(exitCode.failed, 'this needs root: sudo holdfast service …');
}

function user(text: string): string {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) return text;
  throw new InvalidArgumentError('a user name: lower-case letters, digits, - and _');
}

function wholeFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
  };
}
