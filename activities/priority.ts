import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { notYet } from './step.ts';

/**
 * Every thread of `unit`'s main process and of its children has the niceness that its unit file gives it. systemd sets
 * it when it starts a process: one that was started before the file said so would keep its own until its host boots,
 * and starting it anew would close the connections in it.
 */
export async function ensureNice(
  host: Host,
  unit: string,
  nice: number,
  signal: AbortSignal,
): Promise<{ changed: boolean }> {
  const look = async () => {
    const { stdout } = await host.run(niceness(unit), { sudo: true, signal });
    return stdout.trim().split(/\s+/).filter(Boolean);
  };
  const wanted = (found: readonly string[]) => found.length > 0 && found.every((one) => one === `${nice}`);
  if (wanted(await look())) return { changed: false };
  await host.run(renice(unit, nice), { sudo: true, signal });
  const after = await look();
  if (wanted(after)) return { changed: true };
  throw notYet(
    host.name,
    `${unit} runs with a niceness of ${after.join(', ') || 'nobody knows what'}, not ${nice}`,
    `Look at systemctl status ${unit} on ${host.name}, and at ps -L -o lwp,ni,comm of its processes.`,
  );
}

/** Without a process there is nothing to ask: `ps --ppid 0` would be the host's first. */
const main = (unit: string): ShellCommand =>
  sh`main=$(systemctl show -p MainPID --value ${unit}); [ "$main" -gt 0 ] || exit 0`;

const niceness = (unit: string): ShellCommand =>
  sh`${main(unit)}; ps -L -o ni= -p "$main" --ppid "$main" | sort -u`;

/** By thread: a process's own number is that of its first thread alone. One that ends meanwhile needs none. */
const renice = (unit: string, nice: number): ShellCommand =>
  sh`${main(unit)}; for thread in $(ps -L -o lwp= -p "$main" --ppid "$main"); do renice -n ${nice} -p "$thread" > /dev/null || [ ! -e "/proc/$thread" ] || exit 1; done`;
