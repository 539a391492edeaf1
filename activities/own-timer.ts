import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { problem } from './step.ts';

const prefix = 'holdfast, puts back at ';

/**
 * Sets it anew, so that it runs for so long from now. What the timer runs is in systemd's hands alone: no file, no
 * connection. It tries again until its script says that all is back.
 */
export async function setTimer(
  host: Host,
  unit: string,
  restore: ShellCommand,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const command = sh`set -e
systemctl stop ${`${unit}.timer`} 2>/dev/null || :
systemctl reset-failed ${`${unit}.service`} 2>/dev/null || :
systemd-run --quiet --unit=${unit} --description="$(printf %s%s ${prefix} "$(( $(date +%s) + ${seconds} ))")" \\
  --on-active=${seconds} --timer-property=AccuracySec=100ms \\
  -p Type=oneshot -p Restart=on-failure -p RestartSec=5 /bin/sh -c ${restore.text}`;
  await host.run(command, { sudo: true, signal });
  if ((await secondsLeft(host, unit, signal)) > 0) return;
  throw problem(
    host.name,
    `the timer ${unit} is not set, and so nothing was changed`,
    `Look at systemctl status ${unit}.timer on ${host.name}.`,
  );
}

/** Until it fires, by the host's own clock; 0 where it is not set. */
export async function secondsLeft(host: Host, unit: string, signal: AbortSignal): Promise<number> {
  const { stdout } = await host.run(
    sh`systemctl is-active ${`${unit}.timer`}; systemctl show -p Description --value ${`${unit}.timer`}; date +%s`,
    { sudo: true, signal, ok: 'any' },
  );
  const [active, description = '', now] = stdout.split('\n');
  if (active !== 'active' || !description.startsWith(prefix)) return 0;
  return Math.max(0, Number(description.slice(prefix.length)) - Number(now));
}

/** Lets it fire now, and ends the timer. Where it has fired already nothing is left to do. */
export async function fireTimer(host: Host, unit: string, signal: AbortSignal): Promise<void> {
  await host.run(
    sh`if systemctl -q is-active ${`${unit}.timer`}; then systemctl start ${`${unit}.service`}; systemctl stop ${`${unit}.timer`}; fi`,
    { sudo: true, signal, timeout: 120 },
  );
}

/** What was done may stay: the timer ends without firing. Fails where it could not be ended. */
export async function endTimer(host: Host, unit: string, signal: AbortSignal): Promise<void> {
  await host.run(sh`systemctl stop ${`${unit}.timer`}`, { sudo: true, signal });
}
