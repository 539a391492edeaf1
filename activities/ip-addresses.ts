import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';

export interface HeldAddress {
  readonly address: string;
  readonly networkInterface: string;
}

/** The IPv4 addresses that the host holds now. */
export async function addressesOn(host: Host, signal: AbortSignal): Promise<readonly HeldAddress[]> {
  const { stdout } = await host.run(sh`ip -json -4 address show`, { signal });
  try {
    const links = JSON.parse(stdout) as readonly {
      ifname?: string;
      addr_info?: readonly { local?: string }[];
    }[];
    return links.flatMap(({ ifname, addr_info = [] }) =>
      addr_info.flatMap(({ local }) =>
        local === undefined || ifname === undefined ? [] : [{ address: local, networkInterface: ifname }],
      ),
    );
  } catch {
    throw new HostError('CommandFailed', host.name, 'ip -json answered something that is not JSON', {
      command: 'ip -json -4 address show',
      tail: stdout.slice(-500),
      next: `Is iproute2 of ${host.name} older than 4.13?`,
    });
  }
}
