import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';

/** What systemd and the kernel say of a unit. */
export interface UnitHealth {
  readonly unit: string;
  /** "active", "failed", "activating/start" and their like. */
  readonly state: string;
  /** SIGSTOP holds one of its processes: systemd calls such a unit active. */
  readonly stopped: boolean;
}

export async function unitHealth(
  host: Host,
  units: readonly string[],
  signal: AbortSignal,
): Promise<readonly UnitHealth[]> {
  const { stdout } = await host.run(sh`for unit in ${units}; do ${look}; done`, { sudo: true, signal });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [unit = '', active = '', sub = '', ...processes] = line.split(' ');
      return {
        unit,
        state: active === 'activating' ? `${active}/${sub}` : active,
        stopped: processes.some((state) => state.startsWith('T')),
      };
    });
}

/** The main process and its children. */
const look = sh`main=$(systemctl show -p MainPID --value "$unit"); main=\${main:-0}
echo "$unit" $(systemctl show -p ActiveState -p SubState --value "$unit") $([ "$main" = 0 ] || ps -o stat= -p "$main" --ppid "$main")`;

/** It runs, or is about to by itself: no other start would be quicker. */
export function isUp({ state }: UnitHealth): boolean {
  return state === 'active' || state === 'reloading' || state === 'activating/start';
}

/**
 * Starts what is down; `restart` also ends the wait before systemd's own next try. A unit that failed too often is told
 * to forget it.
 */
export async function startUnit(host: Host, unit: string, signal: AbortSignal): Promise<void> {
  await host.run(sh`systemctl reset-failed ${unit}; systemctl restart ${unit}`, {
    sudo: true,
    signal,
    timeout: 120,
  });
}

/**
 * Ends what hangs, and starts it. `main`: its other processes are containers, or end with it. They do not listen any
 * more, so nothing is asked of them.
 */
export async function replaceUnit(
  host: Host,
  unit: string,
  whom: 'main' | 'all',
  signal: AbortSignal,
): Promise<void> {
  await host.run(sh`systemctl kill -s KILL --kill-who=${whom} ${unit}`, { sudo: true, signal });
  await startUnit(host, unit, signal);
}
