import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `holdfast dev` started, as its pid files say. */
export interface StartedProcess {
  readonly pid: number;
  /** When the kernel started it: a pid alone may be someone else's by now. */
  readonly startedAt: string;
  /** Version of the code that it runs. */
  readonly code?: string;
}

export interface StartedServer extends StartedProcess {
  readonly address: string;
  readonly ui: string;
}

export type Part = 'server' | 'worker';

/** Folder of pid files, logs and the embedded Temporal's data. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'holdfast');
}

export const pidFile = (part: Part): string => join(stateFolder(), `${part}.pid.json`);
export const logFile = (part: Part): string => join(stateFolder(), `${part}.log`);
export const databaseFile = (): string => join(stateFolder(), 'temporal.db');

export async function readStarted(part: 'server'): Promise<StartedServer | undefined>;
export async function readStarted(part: 'worker'): Promise<StartedProcess | undefined>;
export async function readStarted(part: Part): Promise<StartedProcess | undefined> {
  try {
    return JSON.parse(await readFile(pidFile(part), 'utf8')) as StartedProcess;
  } catch {
    return undefined;
  }
}

export async function writeStarted(part: Part, started: StartedProcess): Promise<void> {
  await mkdir(stateFolder(), { recursive: true, mode: 0o700 });
  const scratch = `${pidFile(part)}.${process.pid}`;
  await writeFile(scratch, `${JSON.stringify(started, null, 2)}\n`);
  await rename(scratch, pidFile(part));
}

export async function forgetStarted(part: Part): Promise<void> {
  await rm(pidFile(part), { force: true });
}
