import ipaddr from 'ipaddr.js';

/** Whether an IPv4 network ("10.0.0.0/24") holds an address. */
export function contains(cidr: string, address: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr));
}

/** Whether two IPv6 networks share an address. Host bits may be set. */
export function overlap6(one: string, other: string): boolean {
  const [first, firstLength] = ipaddr.IPv6.parseCIDR(one);
  const [second, secondLength] = ipaddr.IPv6.parseCIDR(other);
  return first.match(second, Math.min(firstLength, secondLength));
}

/** Whether two IPv4 networks share an address. Host bits may be set, as in "10.0.0.31/24". */
export function overlap(one: string, other: string): boolean {
  const [first, firstLength] = ipaddr.IPv4.parseCIDR(one);
  const [second, secondLength] = ipaddr.IPv4.parseCIDR(other);
  return first.match(second, Math.min(firstLength, secondLength));
}
