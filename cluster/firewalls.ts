import { contains } from './networks.ts';
import type { FirewallNeeds, Reach } from './steps.ts';

export type FirewallKind = 'firewalld' | 'ufw' | 'nftables';

/** A firewall that is on, and what it says of itself: the zone "trusted", or its rules. */
export interface Firewall {
  readonly kind: FirewallKind;
  readonly text: string;
}

/** What a host's firewall must be told. */
interface Openings {
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  readonly vrrp: boolean;
  /** The pods' network, where it is not let through. */
  readonly pods: string | undefined;
}

/**
 * One line for all hosts that need the same commands: those that somebody did not reach, and nodes whose firewall does not
 * take pods' traffic as the node's own. What a host needs is all that the matrix says of it, not only what failed.
 */
export function firewallProblems(
  firewalls: ReadonlyMap<string, Firewall>,
  unreached: ReadonlySet<string>,
  matrix: readonly Reach[],
  needs: FirewallNeeds | undefined,
): string[] {
  const lines = new Map<string, string[]>();
  for (const [host, firewall] of firewalls) {
    const closed = unreached.has(host);
    const pods =
      needs?.nodes.includes(host) && !takesPods(firewall, needs.podCidr) ? needs.podCidr : undefined;
    if (!closed && pods === undefined) continue;
    const openings = { ...(closed ? portsOf(host, matrix, needs) : noPorts), pods };
    const line = `${firewall.kind} ${closed ? 'is on' : 'does not let pods’ traffic through'}; ${cures[firewall.kind](openings)}`;
    lines.set(line, [...(lines.get(line) ?? []), host]);
  }
  return [...lines].map(([line, hosts]) => `${shortened(hosts)}: ${line}`);
}

/** An activity's failure holds 4 kB. */
function shortened(hosts: readonly string[]): string {
  const more = hosts.length - 6;
  return more > 0 ? `${hosts.slice(0, 6).join(', ')} and ${more} more` : hosts.join(', ');
}

/** Whether pods count as the host itself. Rules of somebody's own are not judged: connections show. */
function takesPods({ kind, text }: Firewall, podCidr: string): boolean {
  if (kind === 'nftables') return true;
  if (kind === 'ufw' && /^Default: allow \(incoming\)/m.test(text)) return true;
  // Interfaces of the pods' network may be in the zone instead.
  if (kind === 'firewalld' && /^ *interfaces: *\S/m.test(text)) return true;
  const trusted =
    kind === 'firewalld'
      ? (/^ *sources: *(.*)$/m.exec(text)?.[1] ?? '').split(' ')
      : [...text.matchAll(/^Anywhere +ALLOW(?: IN)? +(\S+)/gm)].map(([, from]) => from as string);
  return trusted.some((one) => one === 'Anywhere' || holds(one, podCidr));
}

/** A source may be a hardware address, a set, or of IPv6 too. */
function holds(source: string, network: string): boolean {
  const [address = '', length] = network.split('/');
  const own = /^[0-9.]+\/(\d+)$/.exec(source)?.[1];
  return own !== undefined && Number(own) <= Number(length) && contains(source, address);
}

type Ports = Omit<Openings, 'pods'>;

const noPorts: Ports = { tcp: [], udp: [], vrrp: false };

function portsOf(host: string, matrix: readonly Reach[], needs: FirewallNeeds | undefined): Ports {
  const inbound = matrix.filter(({ from, to }) => to.includes(host) && from.some((one) => one !== host));
  const ports = (wanted: Reach['protocol'], others: readonly number[] = []) =>
    [
      ...new Set([
        ...inbound.filter(({ protocol }) => protocol === wanted).map(({ port }) => port),
        ...others,
      ]),
    ].toSorted((one, other) => one - other);
  return {
    tcp: ports('tcp', needs?.balancers.includes(host) ? needs.outsidePorts : []),
    udp: ports('udp'),
    vrrp: ports('vrrp').length > 0,
  };
}

const cures: Readonly<Record<FirewallKind, (openings: Openings) => string>> = {
  firewalld: ({ tcp, udp, vrrp, pods }) => {
    const ports = [...ranges(tcp, '-', '/tcp'), ...ranges(udp, '-', '/udp')];
    return enter([
      ...(ports.length > 0
        ? [`firewall-cmd --permanent ${ports.map((one) => `--add-port=${one}`).join(' ')}`]
        : []),
      ...(vrrp ? [`firewall-cmd --permanent --add-rich-rule='rule protocol value="vrrp" accept'`] : []),
      ...(pods === undefined ? [] : [`firewall-cmd --permanent --zone=trusted --add-source=${pods}`]),
      'firewall-cmd --reload',
    ]);
  },
  ufw: ({ tcp, udp, vrrp, pods }) =>
    enter([
      ...[...ranges(tcp, ':', '/tcp'), ...ranges(udp, ':', '/udp')].map((one) => `ufw allow ${one}`),
      ...(pods === undefined ? [] : [`ufw allow from ${pods}`]),
      // Not every ufw knows the protocol by name.
      ...(vrrp
        ? [`sed -i '/^COMMIT/i -A ufw-before-input -p 112 -j ACCEPT' /etc/ufw/before.rules`, 'ufw reload']
        : []),
    ]),
  nftables: ({ tcp, udp, vrrp }) =>
    `let its rules take ${[...ranges(tcp, '-', '/tcp'), ...ranges(udp, '-', '/udp'), ...(vrrp ? ['IP protocol 112'] : [])].join(', ')}`,
};

const enter = (commands: readonly string[]): string => `enter there as root: ${commands.join(' && ')}`;

/** [2379, 2380, 6443] → ["2379-2380/tcp", "6443/tcp"] */
function ranges(ports: readonly number[], to: string, protocol: string): string[] {
  const runs: [number, number][] = [];
  for (const port of ports) {
    const last = runs.at(-1);
    if (last && port === last[1] + 1) last[1] = port;
    else runs.push([port, port]);
  }
  return runs.map(([first, last]) => `${first === last ? first : `${first}${to}${last}`}${protocol}`);
}
