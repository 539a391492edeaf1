import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';

const body: StepBody<'disable-swap'> = async (_, { host, signal }) => {
  const before = await look(host, signal);
  if (isOff(before)) return { changed: false, summary: 'no swap' };
  if (before.fstab !== withoutSwap(before.fstab))
    await host.writeFile({
      path: '/etc/fstab',
      content: withoutSwap(before.fstab),
      mode: before.mode,
      sudo: true,
      signal,
    });
  const after = await look(host, signal, turnOff);
  if (!isOff(after))
    throw notYet(
      host.name,
      `swap is still on: ${describe(after)}`,
      `Look at /proc/swaps and systemctl list-units --type=swap on ${host.name}: what turns it on again?`,
    );
  return { changed: true, summary: `turned off: ${describe(before)}` };
};

export const disableSwap = step('disable-swap', body);

/** fstab with its swap lines commented out; every other line stays as it is, byte for byte. */
export function withoutSwap(fstab: string): string {
  return fstab
    .split('\n')
    .map((line) => (isSwapLine(line) ? `# ${line}` : line))
    .join('\n');
}

interface Swap {
  /** Devices and files in use now. */
  readonly active: readonly string[];
  /** systemd units that could turn swap on: their own files, zram, partitions found by type. */
  readonly units: readonly string[];
  readonly fstab: string;
  readonly mode: number;
}

function isOff({ active, units, fstab }: Swap): boolean {
  return active.length === 0 && units.length === 0 && fstab === withoutSwap(fstab);
}

function describe({ active, units, fstab }: Swap): string {
  const lines = fstab.split('\n').filter(isSwapLine).length;
  return [...active, ...units, ...(lines > 0 ? [`${lines} line(s) of /etc/fstab`] : [])].join(', ');
}

/**
 * Units made from fstab go with their line; only what would stay is named. Read from the folders that systemd reads:
 * asking it (list-unit-files) makes it read all of them, a third of a second of its processor.
 */
const units = sh`
  etc=/etc/systemd/system
  for file in $etc/*.swap /run/systemd/system/*.swap /run/systemd/generator*/*.swap /usr/local/lib/systemd/system/*.swap /usr/lib/systemd/system/*.swap /lib/systemd/system/*.swap; do
    unit=\${file##*/}
    if [ ! -e "$file" ] || [ "$(readlink -f "$etc/$unit")" = /dev/null ]; then continue; fi
    if [ "$file" = "$etc/$unit" ]; then
      case $(systemctl is-enabled "$unit" 2>/dev/null) in enabled*) echo "$unit";; esac
    elif ! grep -q '^SourcePath=/etc/fstab' "$file"; then echo "$unit"; fi
  done | sort -u
  for unit in zramswap.service zram-swap.service zram-config.service dphys-swapfile.service swapspace.service; do
    if [ -e "$etc/$unit" ] || [ -e "/usr/lib/systemd/system/$unit" ] || [ -e "/lib/systemd/system/$unit" ]; then
      case $(systemctl is-enabled "$unit" 2>/dev/null) in enabled*) echo "$unit";; esac
    fi
  done`;

/** In one command with what is done before it. */
async function look(host: Host, signal: AbortSignal, before: ShellCommand = sh``): Promise<Swap> {
  const { stdout } = await host.run(
    sh`${before}
awk 'NR > 1 { print $1 }' /proc/swaps
echo '--- units'
${units}
echo '--- fstab'
if [ -e /etc/fstab ]; then stat -Lc %a /etc/fstab; cat /etc/fstab; else echo 644; fi`,
    { sudo: true, signal, timeout: 600 },
  );
  const [active = '', found = '', fstab = ''] = stdout.split(/^--- (?:units|fstab)\n/m);
  const end = fstab.indexOf('\n');
  return {
    active: active.split('\n').filter(Boolean),
    units: found.split('\n').filter(Boolean),
    fstab: fstab.slice(end + 1),
    mode: parseInt(fstab.slice(0, end), 8),
  };
}

/**
 * What lies in /etc is somebody's own and is disabled, since a mask would have to take its place. What is said meanwhile
 * must not mix with the look that follows.
 */
const turnOff = sh`
set -e
{ ${units}
} | while read -r unit; do
  case $unit in
    *.service) systemctl disable --now "$unit";;
    *) if [ -e "/etc/systemd/system/$unit" ]; then systemctl disable --now "$unit"; else systemctl mask --now "$unit"; fi;;
  esac
done >&2
swapoff -a >&2`;

/** fstab(5): six fields, the third is the type. */
function isSwapLine(line: string): boolean {
  return !line.trimStart().startsWith('#') && line.trim().split(/\s+/)[2] === 'swap';
}
