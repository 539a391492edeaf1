import { contains } from '../../cluster/networks.ts';
import type { VirtualAddress } from '../../cluster/steps.ts';

/** What one carrier said (probe.ts). */
export interface Probe {
  readonly carrier: string;
  readonly subnet: string | null;
  readonly held: readonly string[];
  readonly answered: Readonly<Record<string, string>>;
}

/** An address that no host uses yet, in the carriers' subnet; or one that a carrier holds already: a second run. */
export function addressProblems(
  addresses: readonly VirtualAddress[],
  hosts: readonly { readonly name: string; readonly addresses: readonly string[] }[],
  probes: readonly Probe[],
): string[] {
  return addresses.flatMap(({ address, carriers }) => {
    const owner = hosts.find((host) => host.addresses.includes(address));
    if (owner) return [`the virtual address ${address} is the address of ${owner.name}: choose a free one`];
    const own = probes.filter(({ carrier }) => carriers.includes(carrier));
    const outside = own.filter(({ subnet }) => subnet !== null && !contains(subnet, address));
    if (outside.length > 0)
      return outside.map(
        ({ carrier, subnet }) =>
          `the virtual address ${address} lies outside the subnet ${subnet} of ${carrier}: choose one in it`,
      );
    if (own.some(({ held }) => held.includes(address))) return [];
    const mac = own.map(({ answered }) => answered[address]).find((one) => one !== undefined);
    return mac === undefined
      ? []
      : [`the virtual address ${address} is in use: ${mac} answers ARP for it; choose a free one`];
  });
}
