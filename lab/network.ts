import { createHash } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.ts';
import { addressesOf } from '../cluster/host-addresses.ts';
import { ownLoadBalancer } from '../cluster/hosts-of.ts';

/** The bridge that carries a lab, and the subnet of all its hosts. */
export interface LabNetwork {
  /** Interface name of the bridge. */
  readonly bridge: string;
  /** The machine's own address on the bridge: file server, registry, the hosts' default route. */
  readonly address: string;
  readonly prefix: number;
  /** e.g. 10.77.0.0/24 */
  readonly subnet: string;
}

/** The smallest subnet (at most a /24) in which all the spec's addresses and one for the bridge are usable. */
export function labNetwork(cluster: Cluster): LabNetwork {
  const used = new Set(addresses(cluster).map(toNumber));
  const first = Math.min(...used);
  for (let prefix = 24; prefix >= 8; prefix--) {
    const size = 2 ** (32 - prefix);
    const start = Math.floor(first / size) * size;
    const usable = (n: number) => n > start && n < start + size - 1;
    if (![...used].every(usable)) continue;
    const free = firstFree(start + 1, start + size - 1, used);
    if (free === undefined) continue;
    const subnet = `${toAddress(start)}/${prefix}`;
    return { bridge: bridgeName(cluster.name), address: toAddress(free), prefix, subnet };
  }
  throw new Error(`the addresses of ${cluster.name} do not fit into one subnet of at most a /8`);
}

/** Fixed for each address, so that a reboot leaves no stale neighbour entries behind. Locally administered. */
export function macOf(address: string): string {
  return ['02', '77', ...octets(address).map(hex)].join(':');
}

/** The machine's end of a host's cable; at most 15 characters. */
export function linkName(cluster: string, address: string): string {
  return `hf${digest(cluster, 4)}-${octets(address).map(hex).join('')}`;
}

export function bridgeName(cluster: string): string {
  return `hf-${cluster}`.length <= 15 ? `hf-${cluster}` : `hf-${digest(cluster, 12)}`;
}

/** Whether two subnets (CIDR, as in `LabNetwork.subnet`) share an address. */
export function overlap(a: string, b: string): boolean {
  const [[startA, sizeA], [startB, sizeB]] = [span(a), span(b)];
  return startA < startB + sizeB && startB < startA + sizeA;
}

function addresses(cluster: Cluster): string[] {
  // One that exists is somewhere else: the lab does not make it.
  const balancer = ownLoadBalancer(cluster);
  const virtual = [balancer?.internal.address, balancer?.external?.address];
  return [...cluster.hosts.flatMap(addressesOf), ...virtual.filter((a) => a !== undefined)];
}

function span(cidr: string): [start: number, size: number] {
  const [address, prefix] = cidr.split('/') as [string, string];
  const size = 2 ** (32 - Number(prefix));
  return [Math.floor(toNumber(address) / size) * size, size];
}

function toNumber(address: string): number {
  return octets(address).reduce((sum, octet) => sum * 256 + octet, 0);
}

function toAddress(n: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
}

function octets(address: string): number[] {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((n) => !Number.isInteger(n) || n < 0 || n > 255))
    throw new Error(`not an IPv4 address: ${address}`);
  return parts;
}

function firstFree(from: number, to: number, used: ReadonlySet<number>): number | undefined {
  for (let n = from; n < to; n++) if (!used.has(n)) return n;
  return undefined;
}

function hex(n: number): string {
  return n.toString(16).padStart(2, '0');
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
