import ipaddr from 'ipaddr.js';
import { text, wanted, whole } from './wanted.ts';

const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = `${octet}(\\.${octet}){3}`;

export const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const name = (example: string) =>
  text(dnsLabel, `lower-case letters, digits and "-", at most 63, such as ${example}`);

const rightAddress = 'an IPv4 address of one host, such as 10.0.0.5';
export const address = () =>
  text(new RegExp(`^${ipv4}$`), rightAddress).refine(
    (value) => !ofNoHost.has(ipaddr.IPv4.parse(value).range()),
    wanted(rightAddress),
  );
const ofNoHost = new Set(['unspecified', 'broadcast', 'multicast', 'reserved']);

const rightAddress6 = 'an IPv6 address of one host, such as fd00:10::5';
/** In the one form that RFC 5952 gives it. */
export const address6 = () =>
  text(/^[\da-f:]{2,39}$/i, rightAddress6)
    .refine(isOfOneHost, { ...wanted(rightAddress6), abort: true })
    .transform(canonical);

const rightCidr6 = 'an IPv6 network with no bits right of the length, such as fd00:20::/112';
export const cidr6 = () =>
  text(/^[\da-f:]{2,39}\/(12[0-8]|1[01]\d|[1-9]?\d)$/i, rightCidr6)
    .refine(isNetwork6, { ...wanted(rightCidr6), abort: true })
    .transform((value) => value.replace(/^[^/]+/, canonical));

const rightCidr = 'a network as ADDRESS/LENGTH with no bits right of the length, such as 10.233.64.0/18';
export const cidr = () =>
  text(new RegExp(`^${ipv4}/(3[0-2]|[12]?\\d)$`), rightCidr).refine(isNetwork, wanted(rightCidr));

export const port = () => whole(1, 65535, 'a port');

/** Text like 90s, 10m, 6h, 1d; seconds after parsing. */
export function duration(minimum: string, maximum: string, example: string) {
  const right = `a time with its unit (s, m, h, d), ${minimum} to ${maximum}, such as ${example}`;
  return text(/^\d{1,6}[smhd]$/, right)
    .refine(
      (value) => seconds(value) >= seconds(minimum) && seconds(value) <= seconds(maximum),
      wanted(right),
    )
    .transform(seconds);
}

/** Seconds of a time such as 8h; undefined where it is none, or out of bounds. */
export function durationOf(value: string, minimum: string, maximum: string): number | undefined {
  if (!/^\d{1,6}[smhd]$/.test(value)) return undefined;
  const given = seconds(value);
  return given >= seconds(minimum) && given <= seconds(maximum) ? given : undefined;
}

export const path = (example: string) => text(/^[^\0\n]+$/, `a path, such as ${example}`);

function seconds(value: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[value.slice(-1)] ?? 0;
  return Number(value.slice(0, -1)) * unit;
}

function canonical(value: string): string {
  return ipaddr.IPv6.parse(value).toString();
}

/** Neither link-local nor any kind that stands for something else than a host. */
function isOfOneHost(value: string): boolean {
  return ipaddr.IPv6.isValid(value) && ['unicast', 'uniqueLocal'].includes(ipaddr.IPv6.parse(value).range());
}

function isNetwork6(value: string): boolean {
  const [given = ''] = value.split('/');
  return (
    ipaddr.IPv6.isValid(given) &&
    ipaddr.IPv6.networkAddressFromCIDR(value).toString() === ipaddr.IPv6.parse(given).toString()
  );
}

function isNetwork(value: string): boolean {
  return `${ipaddr.IPv4.networkAddressFromCIDR(value).toString()}/${value.split('/')[1]}` === value;
}
