import { readFile, rm } from 'node:fs/promises';

/** The pid in a pid file (`PID STARTTIME`), if that very process still lives: a pid alone may be reused. */
export async function livePid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [pid, started] = text.trim().split(' ');
  if (pid === undefined || started === undefined) return undefined;
  return (await startTime(Number(pid))) === started ? Number(pid) : undefined;
}

/** Clock ticks from the machine's boot to the process's start; undefined when it is gone or a zombie. */
export async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command's name, in brackets, may hold spaces; fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Ends the process of a pid file: asks, waits, then kills. Fine when it is gone already. */
export async function endProcess(file: string, { graceMs = 5000 } = {}): Promise<void> {
  const pid = await livePid(file);
  if (pid !== undefined) {
    signal(pid, 'SIGTERM');
    if (!(await until(async () => (await livePid(file)) === undefined, graceMs))) {
      signal(pid, 'SIGKILL');
      await until(async () => (await livePid(file)) === undefined, graceMs);
    }
  }
  await rm(file, { force: true });
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Looks every 50 ms until it is so; false after the time limit. */
export async function until(isSo: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
