import type { Cluster } from '../cluster.ts';
import type { HostFacts, Problem } from '../facts.ts';
import { addressesOf, ownAddress } from '../host-addresses.ts';
import { overlap6 } from '../networks.ts';

const step = 'check-identity';

/** Two entries of the spec that are one machine, machines cloned with their identity, and addresses that are not there. */
export function identityProblems(cluster: Cluster, facts: readonly HostFacts[]): Problem[] {
  return facts.flatMap((own) => [
    ...shared(
      own,
      facts,
      'machineId',
      'machine-id',
      'Remove /etc/machine-id, run `systemd-machine-id-setup`, and reboot.',
    ),
    ...shared(
      own,
      facts,
      'hostname',
      'host name',
      'Give it a name of its own with `hostnamectl set-hostname`.',
    ),
    ...addressProblems(cluster, own, facts),
    ...address6Problems(cluster, own),
  ]);
}

function shared(
  own: HostFacts,
  facts: readonly HostFacts[],
  key: 'machineId' | 'hostname',
  what: string,
  cure: string,
): Problem[] {
  const value = own[key];
  if (value === '') return [{ host: own.host, step, message: `it has no ${what}`, cure }];
  const others = facts.filter(({ host, [key]: other }) => host !== own.host && other === value);
  if (others.length === 0) return [];
  const message = `its ${what} ${value} is also that of ${others.map(({ host }) => host).join(', ')}`;
  return [{ host: own.host, step, message, cure }];
}

/** One that is translated on the way is on no host, or on the one that translates: only what it holds is its own. */
function addressProblems({ hosts }: Cluster, own: HostFacts, facts: readonly HostFacts[]): Problem[] {
  const host = hosts.find(({ name }) => name === own.host);
  if (!host) return [];
  const address = ownAddress(host);
  const found: Problem[] = [];
  if (!holds(own, address))
    found.push({
      host: own.host,
      step,
      message: `the spec says ${address}, but it holds ${own.addresses.map(({ cidr }) => cidr).join(', ') || 'no address'}`,
      cure: 'Correct the address in the spec, or on the host. One that is translated on the way needs beside it, as `ip`, the one that the host holds.',
    });
  for (const each of addressesOf(host).filter((one) => one === address || holds(own, one))) {
    const others = facts.filter((other) => other.host !== own.host && holds(other, each));
    if (others.length > 0)
      found.push({
        host: own.host,
        step,
        message: `its address ${each} is also on ${others.map((other) => other.host).join(', ')}`,
        cure: 'Take the address off the hosts that it does not belong to.',
      });
  }
  return found;
}

/** The kubelet does not start with an address that its host does not hold. */
function address6Problems({ hosts }: Cluster, { host, addresses6 = [] }: HostFacts): Problem[] {
  const ip6 = hosts.find(({ name }) => name === host)?.ip6;
  const held = addresses6.map(({ cidr }) => cidr);
  if (ip6 === undefined || held.some((cidr) => overlap6(`${ip6}/128`, `${cidr.split('/')[0]}/128`)))
    return [];
  const message = `the spec says ${ip6}, but it holds ${held.join(', ') || 'no IPv6 address'}`;
  return [{ host, step, message, cure: 'Correct ip6 in the spec, or the addresses on the host.' }];
}

function holds({ addresses }: HostFacts, address: string): boolean {
  return addresses.some(({ cidr }) => cidr.split('/')[0] === address);
}
