import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { notYet } from './step.ts';

/**
 * The unit runs, starts at boot, and has read its files again where `reload` says that they changed. Never restarts
 * one that runs: connections live in it. Throws `NotYet` when it does not stay up.
 */
export async function ensureService(
  host: Host,
  unit: string,
  reload: boolean,
  signal: AbortSignal,
): Promise<{ changed: boolean }> {
  const before = await serviceState(host, unit, signal);
  if (before.active && before.enabled && !reload) return { changed: false };
  const options = { sudo: true, signal };
  if (!before.enabled) await host.run(sh`systemctl enable ${unit}`, options);
  // A unit that failed too often refuses to start until it is told to forget.
  if (!before.active)
    await host.run(sh`systemctl reset-failed ${unit}; systemctl start ${unit} || ${journal(unit)}`, options);
  else if (reload) await host.run(sh`systemctl reload ${unit} || ${journal(unit)}`, options);
  const after = await serviceState(host, unit, signal);
  if (after.active && after.enabled) return { changed: true };
  throw notYet(
    host.name,
    `${unit} is ${after.words.join(', ')} after it was set up`,
    `Look at journalctl -u ${unit} on ${host.name}.`,
  );
}

/** Neither runs nor starts at boot. One that the host does not know is stopped. */
export async function stopService(
  host: Host,
  unit: string,
  signal: AbortSignal,
): Promise<{ changed: boolean }> {
  const { active, enabled } = await serviceState(host, unit, signal);
  if (!active && !enabled) return { changed: false };
  await host.run(sh`systemctl disable -q --now ${unit}`, { sudo: true, signal });
  const after = await serviceState(host, unit, signal);
  if (!after.active && !after.enabled) return { changed: true };
  throw notYet(
    host.name,
    `${unit} is ${after.words.join(', ')} after it was stopped and disabled`,
    `What starts it? systemctl status ${unit} on ${host.name} says.`,
  );
}

/** Starts at boot; whether it runs now is left to whoever starts it. */
export async function ensureEnabled(
  host: Host,
  unit: string,
  signal: AbortSignal,
): Promise<{ changed: boolean }> {
  if ((await serviceState(host, unit, signal)).enabled) return { changed: false };
  await host.run(sh`systemctl enable -q ${unit}`, { sudo: true, signal });
  const { enabled, words } = await serviceState(host, unit, signal);
  if (enabled) return { changed: true };
  throw notYet(
    host.name,
    `${unit} is ${words.join(', ')} after it was enabled`,
    `Look at systemctl status ${unit} on ${host.name}.`,
  );
}

/** systemd knows the units as their files are: it is told where it says that it does not, and where they were `written`. */
export async function loadUnits(
  host: Host,
  units: readonly string[],
  written: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const options = { sudo: true, signal };
  const { stdout } = await host.run(sh`systemctl show -p NeedDaemonReload --value ${units}`, options);
  if (!written && !/^yes$/m.test(stdout)) return false;
  await host.run(sh`systemctl daemon-reload`, options);
  return true;
}

/** systemctl itself says no more than where to look. */
const journal = (unit: string): ShellCommand =>
  sh`{ journalctl -u ${unit} -o cat -n 20 --no-pager; exit 1; }`;

export interface ServiceState {
  readonly active: boolean;
  readonly enabled: boolean;
  /** What systemctl said: "active", "enabled" and their like. */
  readonly words: readonly string[];
}

export async function serviceState(host: Host, unit: string, signal: AbortSignal): Promise<ServiceState> {
  // Both end non-zero to say no: the words are the answer.
  const { stdout } = await host.run(sh`systemctl is-active ${unit}; systemctl is-enabled ${unit}`, {
    sudo: true,
    signal,
    ok: 'any',
  });
  const words = stdout.split('\n').filter((word) => word !== '');
  return { active: words[0] === 'active', enabled: words[1] === 'enabled', words };
}

/** The file is newer than the unit's last start or reload: an earlier try wrote it and got no further. */
export async function changedSinceLoaded(
  host: Host,
  unit: string,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { stdout } = await host.run(
    sh`systemctl show -p StateChangeTimestamp --value --timestamp=us+utc ${unit}; stat -c %.3Y ${path}`,
    { sudo: true, signal },
  );
  const [loaded = '', written = ''] = stdout.split('\n');
  // "Tue 2026-11-24 04:28:14.123456 UTC", and nothing for a unit that never ran.
  const [, day, time] = loaded.split(' ');
  const loadedAt = Date.parse(`${day}T${time}Z`);
  return !(loadedAt >= Number(written) * 1000);
}
