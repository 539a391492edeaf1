import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
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
  await host.run(turnOff, { sudo: true, signal, timeout: 600 });
  const after = await look(host, signal);
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

/** Units made from fstab go with their line; only what would stay is named. */
const units = sh`
  systemctl list-unit-files --type=swap --plain --no-legend | awk '$2 != "masked" { print $1 }' | while read -r unit; do
    grep -q '^SourcePath=/etc/fstab' "/run/systemd/generator/$unit" 2>/dev/null || echo "$unit"
  done
  for unit in zramswap.service zram-config.service dphys-swapfile.service; do
    case $(systemctl is-enabled "$unit" 2>/dev/null) in enabled*) echo "$unit";; esac
  done`;

async function look(host: Host, signal: AbortSignal): Promise<Swap> {
  const { stdout } = await host.run(
    sh`
awk 'NR > 1 { print $1 }' /proc/swaps
echo '--- units'
${units}
echo '--- fstab'
if [ -e /etc/fstab ]; then stat -Lc %a /etc/fstab; cat /etc/fstab; else echo 644; fi`,
    { sudo: true, signal },
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

/** fstab is clean by now: systemd forgets the units that it made of it before the rest is masked. */
const turnOff = sh`
set -e
systemctl daemon-reload
{ ${units}
} | while read -r unit; do
  case $unit in
    *.service) systemctl disable --now "$unit";;
    *) systemctl mask --now "$unit";;
  esac
done
swapoff -a`;

/** fstab(5): six fields, the third is the type. */
function isSwapLine(line: string): boolean {
  return !line.trimStart().startsWith('#') && line.trim().split(/\s+/)[2] === 'swap';
}
