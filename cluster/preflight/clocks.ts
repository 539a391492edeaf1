import type { HostFacts, Problem } from '../facts.ts';

/** etcd warns from one second on; certificates and leases go wrong beyond. */
const allowedMs = 1000;

/**
 * Hosts whose clock differs from another's by more than a second, whatever the error of the measurement. Of two that
 * differ the one farther from the middle is blamed: one clock that is off cannot make all others look wrong.
 */
export function clockProblems(facts: readonly HostFacts[]): Problem[] {
  const middle = median(facts.map(({ clockOffsetMs }) => clockOffsetMs));
  const off = ({ clockOffsetMs }: HostFacts): number => Math.abs(clockOffsetMs - middle);
  return facts.flatMap((own): Problem[] => {
    const other = farthest(own, facts);
    if (!other || beyond(own, other) <= allowedMs || off(own) < off(other)) return [];
    const apart = own.clockOffsetMs - other.clockOffsetMs;
    const error = own.clockErrorMs + other.clockErrorMs;
    const message = `its clock is ${seconds(Math.abs(apart))} s ${apart > 0 ? 'ahead of' : 'behind'} ${other.host} (± ${seconds(error)} s)`;
    return [
      { host: own.host, step: 'check-identity', message, cure: 'Set it by NTP: `timedatectl set-ntp true`.' },
    ];
  });
}

/** How far two clocks are apart for certain. */
function beyond(one: HostFacts, other: HostFacts): number {
  return Math.abs(one.clockOffsetMs - other.clockOffsetMs) - one.clockErrorMs - other.clockErrorMs;
}

function farthest(own: HostFacts, facts: readonly HostFacts[]): HostFacts | undefined {
  let found: HostFacts | undefined;
  for (const other of facts)
    if (other !== own && (!found || beyond(own, other) > beyond(own, found))) found = other;
  return found;
}

function median(offsets: readonly number[]): number {
  return offsets.toSorted((one, other) => one - other)[Math.floor((offsets.length - 1) / 2)] ?? 0;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
