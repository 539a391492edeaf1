import { spawn } from 'node:child_process';
import { mkdir, open, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Lab } from './lab-file.ts';
import { asset } from './paths.ts';
import { endProcess, livePid, startTime, until } from './process.ts';
import type { Supplies } from './supplies.ts';

export const filePort = 8080;
export const registryPort = 5000;

/** A server on the bridge, detached; its pid file and log lie in the lab's state folder. */
interface Server {
  readonly name: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
}

/** Starts what does not run: one server for packages, wheels and binaries, and a registry for images. */
export async function startServers(
  lab: Lab,
  roots: Readonly<Record<string, string>>,
  supplies: Supplies | undefined,
  say: (line: string) => void,
): Promise<void> {
  await mkdir(lab.paths.servers, { recursive: true });
  await start(lab, fileServer(lab, { ...roots, ...(supplies && { '': supplies.files }) }), say);
  if (!supplies) return;
  const registry = supplies.registry(`${lab.network.address}:${registryPort}`);
  await start(lab, { name: 'registry', port: registryPort, ...registry }, say);
}

export async function stopServers(lab: Lab): Promise<boolean> {
  const running = Object.values(await serversRun(lab)).includes(true);
  for (const file of await pidFiles(lab)) await endProcess(join(lab.paths.servers, file));
  return running;
}

/** Whether each server that was started still runs, by name. */
export async function serversRun(lab: Lab): Promise<Record<string, boolean>> {
  const state: Record<string, boolean> = {};
  for (const file of await pidFiles(lab))
    state[file.replace('.pid', '')] = (await livePid(join(lab.paths.servers, file))) !== undefined;
  return state;
}

function fileServer(lab: Lab, roots: Readonly<Record<string, string>>): Server {
  const pairs = Object.entries(roots).map(([prefix, folder]) => `${prefix}=${folder}`);
  const args = [asset('host', 'file-server.mjs'), lab.network.address, String(filePort), ...pairs];
  return { name: 'files', port: filePort, command: process.execPath, args };
}

async function start(lab: Lab, server: Server, say: (line: string) => void): Promise<void> {
  const pidFile = join(lab.paths.servers, `${server.name}.pid`);
  const commandFile = join(lab.paths.servers, `${server.name}.command`);
  const logFile = join(lab.paths.servers, `${server.name}.log`);
  const command = JSON.stringify([server.command, ...server.args]);
  const same = (await readFile(commandFile, 'utf8').catch(() => '')) === command;
  if (same && (await livePid(pidFile)) !== undefined) return;
  await endProcess(pidFile);
  await writeFile(commandFile, command);
  const log = await open(logFile, 'a');
  const child = spawn(server.command, server.args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log.fd, log.fd],
  });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  await log.close();
  const pid = child.pid as number;
  await writeFile(`${pidFile}.new`, `${pid} ${(await startTime(pid)) ?? ''}\n`);
  await rename(`${pidFile}.new`, pidFile);
  const up = await until(() => listens(lab.network.address, server.port), 20_000);
  if (!up || (await livePid(pidFile)) === undefined)
    throw new Error(
      `${server.name} server does not answer; its log says\n${await readFile(logFile, 'utf8')}`,
    );
  say(`${server.name} server on ${lab.network.address}:${server.port}`);
}

async function pidFiles(lab: Lab): Promise<string[]> {
  const names = await readdir(lab.paths.servers).catch(() => []);
  return names.filter((name) => name.endsWith('.pid'));
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}
