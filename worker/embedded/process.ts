import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import type { StartedProcess } from './state.ts';

/** Starts a program that outlives this one; what it says goes to the end of `log`. */
export async function startDetached(
  command: string,
  args: readonly string[],
  options: { readonly log: string; readonly env?: NodeJS.ProcessEnv },
): Promise<StartedProcess> {
  await mkdir(dirname(options.log), { recursive: true, mode: 0o700 });
  const log = await open(options.log, 'a', 0o600);
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...options.env },
      cwd: '/',
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid as number));
    });
    child.unref();
    return { pid, startedAt: (await startTime(pid)) ?? '' };
  } finally {
    await log.close();
  }
}

/** It runs, and it is the very process that was started: pids come round again. */
export async function isOurs(started: StartedProcess | undefined): Promise<boolean> {
  return (
    started !== undefined && started.startedAt !== '' && (await startTime(started.pid)) === started.startedAt
  );
}

/** Asks it to end, waits, and ends it by force after `graceSeconds`. True: it ran and has ended. */
export async function stop(started: StartedProcess | undefined, graceSeconds: number): Promise<boolean> {
  if (!started || !(await isOurs(started))) return false;
  signal(started.pid, 'SIGTERM');
  const deadline = Date.now() + graceSeconds * 1000;
  while (await isOurs(started)) {
    if (Date.now() > deadline) {
      signal(started.pid, 'SIGKILL');
      await pause(200);
      return true;
    }
    await pause(100);
  }
  return true;
}

/** One that has ended since it was looked at needs no signal any more. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Text that is the same as long as the process lives and never again for its pid; undefined: no such process. */
async function startTime(pid: number): Promise<string | undefined> {
  if (existsSync('/proc/self/stat')) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // Fields after the command's closing bracket: state is the first of them, start time the twentieth.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (!fields || fields[0] === 'Z') return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${boot.trim()} ${fields[19]}`;
  }
  const { stdout, exitCode } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false });
  return exitCode === 0 && stdout.trim() ? stdout.trim() : undefined;
}
