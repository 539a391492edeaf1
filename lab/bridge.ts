import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { overlap } from './network.ts';
import type { LabNetwork } from './network.ts';

/** Makes the bridge unless it is there. No NAT and no route outwards: the hosts of a lab see the lab only. */
export async function bridgeUp(network: LabNetwork): Promise<void> {
  const links = await ipv4Links();
  const other = links.find(
    (link) => link.name !== network.bridge && link.subnets.some((s) => overlap(s, network.subnet)),
  );
  if (other)
    throw new Error(
      `this machine has ${network.subnet} on ${other.name} already: the lab needs it for ${network.bridge}`,
    );
  const here = links.find((link) => link.name === network.bridge);
  if (!here) await ip('link', 'add', network.bridge, 'type', 'bridge');
  if (!here?.subnets.includes(`${network.address}/${network.prefix}`))
    await ip('addr', 'add', `${network.address}/${network.prefix}`, 'dev', network.bridge);
  await ip('link', 'set', network.bridge, 'up');
  if (await hasIptables()) await rule('-C', network).catch(() => rule('-I', network));
}

/** Takes the bridge and whatever hangs on it away. */
export async function bridgeDown(network: LabNetwork): Promise<void> {
  if (await hasIptables()) await rule('-D', network).catch(() => undefined);
  await execa('ip', ['link', 'del', network.bridge], { reject: false });
}

async function ipv4Links(): Promise<{ name: string; subnets: string[] }[]> {
  const { stdout } = await execa('ip', ['-json', '-4', 'addr', 'show']);
  const rows = JSON.parse(stdout || '[]') as {
    ifname?: string;
    addr_info?: { local: string; prefixlen: number }[];
  }[];
  const named = rows.filter((row) => row.ifname !== undefined);
  const { stdout: all } = await execa('ip', ['-json', 'link', 'show']);
  return (JSON.parse(all) as { ifname: string }[]).map(({ ifname }) => ({
    name: ifname,
    subnets: named
      .filter((row) => row.ifname === ifname)
      .flatMap((row) => (row.addr_info ?? []).map((a) => `${a.local}/${a.prefixlen}`)),
  }));
}

/** Where the machine filters bridged packets (Docker's FORWARD policy is DROP), the hosts could not talk to each other. */
async function rule(action: '-C' | '-I' | '-D', { bridge }: LabNetwork): Promise<void> {
  await execa('iptables', ['-w', action, 'FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT']);
}

async function hasIptables(): Promise<boolean> {
  const filtered = await readFile('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').catch(() => '0');
  if (filtered.trim() !== '1') return false;
  return (await execa('iptables', ['-w', '-S', 'FORWARD'], { reject: false })).exitCode === 0;
}

async function ip(...args: string[]): Promise<void> {
  await execa('ip', args);
}
