import type { BalancerInput } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { addressesOn } from './ip-addresses.ts';
import { problem } from './step.ts';

/**
 * Refuses when a machine other than the load balancers answers for one of their addresses: two holders of one
 * address cut each other's connections, and the network then shows nothing but time-outs.
 */
export async function refuseTakenAddresses(
  host: Host,
  input: BalancerInput,
  signal: AbortSignal,
): Promise<void> {
  const { internal, external } = input.loadBalancer;
  const own = (await addressesOn(host, signal)).map(({ address }) => address);
  const wanted = [internal.address, ...(external ? [external.address] : [])].filter((a) => !own.includes(a));
  const peers = input.balancers.map(({ address }) => address).filter((a) => !own.includes(a));
  const neighbours = await whoAnswers(host, [...wanted, ...peers], signal);
  const allowed = peers.map((peer) => neighbours.get(peer));
  for (const address of wanted) {
    const holder = neighbours.get(address);
    if (holder !== undefined && !allowed.includes(holder))
      throw problem(
        host.name,
        `${address} is in use already: ${holder} answers ARP for it, and that is no load balancer`,
        `Free ${address}, or give the load balancer another address in the spec.`,
      );
  }
}

/** Link-layer addresses of those that answer, by IP address. Asks anew: an old entry says who answered once. */
async function whoAnswers(
  host: Host,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await host.run(sh`python3 -c ${ask} ${addresses}`, { sudo: true, signal });
  try {
    const entries = JSON.parse(stdout) as readonly { dst: string; lladdr?: string }[];
    return new Map(entries.flatMap(({ dst, lladdr }) => (lladdr === undefined ? [] : [[dst, lladdr]])));
  } catch {
    throw new HostError('CommandFailed', host.name, 'ip neighbour answered something that is not JSON', {
      tail: stdout.slice(-500),
      next: `Run ip -json neighbour show on ${host.name}.`,
    });
  }
}

/** A datagram to port 9 (discard) makes the kernel ask by ARP; neither arping nor ping is on every host. */
const ask = `
import json, socket, subprocess, sys, time
wanted = sys.argv[1:]
for address in wanted:
    subprocess.run(["ip", "neighbour", "flush", "to", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (address, 9))
    except OSError:
        pass
# An answer takes a millisecond on a wire; the kernel asks again after one second.
time.sleep(1.5)
shown = json.loads(subprocess.run(["ip", "-json", "-4", "neighbour", "show"], stdout=subprocess.PIPE, check=True).stdout or "[]")
print(json.dumps([entry for entry in shown if entry["dst"] in wanted]))
`;
