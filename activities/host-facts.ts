import type { HostFacts } from '../cluster/facts.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { parseOsRelease } from './family.ts';
import { problem } from './step.ts';

/** Folders that Kubernetes, etcd and packages fill. */
const filled = ['/', '/tmp', '/var/lib', '/var/lib/containerd', '/var/lib/etcd'];

const look = sh`
command -v ip > /dev/null || { echo 'no ip command' >&2; exit 69; }
echo "hostname=$(uname -n)"
echo "machineId=$(cat /etc/machine-id 2>/dev/null)"
echo "kernel=$(uname -r)"
echo "architecture=$(uname -m)"
echo "memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)"
echo "cpus=$(getconf _NPROCESSORS_ONLN)"
echo "python=$(python3 --version 2>/dev/null)"
echo "virtualization=$(systemd-detect-virt 2>/dev/null || true)"
for path in ${filled}; do
  if [ -d "$path" ]; then echo "free=$path $(df -Pm "$path" | awk 'NR == 2 { print $4 }')"; fi
done
ip -o -4 addr show | awk '$2 != "lo" { print "address=" $4 " " $2 }'
ip -o -6 addr show scope global 2>/dev/null | awk '$2 != "lo" { print "address6=" $4 " " $2 }'
echo os-release
cat /etc/os-release`;

/** Reads a host: one command for its clock, one for the rest. */
export async function readFacts(host: Host, signal: AbortSignal): Promise<HostFacts> {
  const clock = await readClock(host, signal);
  const { code, stdout } = await host.run(look, { signal, ok: [0, 69] });
  if (code === 69)
    throw problem(
      host.name,
      'the command ip is missing, so its addresses cannot be read',
      `Install iproute2 on ${host.name}.`,
    );
  return { ...parse(host.name, stdout), ...clock };
}

/** The host's clock minus ours, and half the round trip as the error, both in milliseconds. */
export async function readClock(
  host: Host,
  signal: AbortSignal,
): Promise<{ clockOffsetMs: number; clockErrorMs: number }> {
  const sent = Date.now();
  const { stdout } = await host.run(sh`date +%s%N`, { signal });
  const received = Date.now();
  const theirs = Number(stdout.trim()) / 1e6;
  return {
    clockOffsetMs: Math.round(theirs - (sent + received) / 2),
    clockErrorMs: Math.ceil((received - sent) / 2),
  };
}

function parse(host: string, output: string): Omit<HostFacts, 'clockOffsetMs' | 'clockErrorMs'> {
  const [lines = '', osRelease = ''] = output.split('os-release\n');
  const all = (key: string) =>
    lines
      .split('\n')
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1).trim());
  const one = (key: string) => all(key)[0] ?? '';
  const pairs = (key: string) => all(key).map((line) => line.split(' ') as [string, string]);
  const addresses = (key: string) => pairs(key).map(([cidr, device]) => ({ cidr, interface: device }));
  const addresses6 = addresses('address6');
  const python = one('python').replace(/^Python /, '');
  return {
    host,
    hostname: one('hostname'),
    machineId: one('machineId'),
    kernel: one('kernel'),
    architecture: one('architecture'),
    memoryMb: Number(one('memory')),
    cpus: Number(one('cpus')),
    freeMb: Object.fromEntries(pairs('free').map(([path, mb]) => [path, Number(mb)])),
    addresses: addresses('address'),
    ...(addresses6.length > 0 && { addresses6 }),
    ...(python === '' ? {} : { python }),
    virtualization: one('virtualization') || 'unknown',
    os: parseOsRelease(osRelease),
  };
}
