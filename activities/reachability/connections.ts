import type { Reach } from '../../cluster/steps.ts';

/** One line of the matrix for one pair of hosts. */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly protocol: Reach['protocol'];
  readonly port: number;
  readonly why: string;
  /** As in the matrix. */
  readonly at?: Reach['at'];
}

/** Something that was dialled and did not answer. */
export interface Failure extends Connection {
  /** As the dialler says: `refused`, `silent`, or the system's words. */
  readonly outcome: string;
  /** Another program held the port: nothing of ours could answer. */
  readonly busy: boolean;
  /** `to` is the address of a machine that is no host of the spec. */
  readonly outside: boolean;
}

/** Every pair once; a host need not reach itself. */
export function connections(matrix: readonly Reach[]): Connection[] {
  const all = matrix.flatMap(({ from, to, ...line }) =>
    from.flatMap((one) =>
      to.filter((other) => other !== one).map((other) => ({ from: one, to: other, ...line })),
    ),
  );
  const keyOf = ({ from, to, protocol, port, at }: Connection) =>
    `${from} ${to} ${protocol} ${port} ${at ?? ''}`;
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

/** One line for all who fail alike, with the likely cure. Longest lists are cut: an activity's failure holds 4 kB. */
export function describe(failures: readonly Failure[]): string[] {
  const groups = groupBy(
    failures,
    ({ to, protocol, port, outcome }) => `${to} ${protocol} ${port} ${outcome}`,
  );
  return [...groups.values()].map((group) => {
    const [first] = group as [Failure];
    const who = group.map(({ from }) => from);
    const names =
      who.length > 6 ? `${who.slice(0, 6).join(', ')} and ${who.length - 6} more` : who.join(', ');
    return `${names} → ${first.to}:${portOf(first)} (${first.why}): ${cause(first)}`;
  });
}

function portOf({ protocol, port }: Connection): string {
  return protocol === 'vrrp' ? 'VRRP' : `${port}/${protocol}`;
}

function cause(failure: Failure): string {
  const { outcome, busy, to, protocol, port } = failure;
  if (failure.outside) return `${outsideCause(failure)}; mend it there, or name another server in the spec`;
  if (outcome === 'refused' && busy)
    return `refused, though something listens there: on another address only? See ss -lntp on ${to}`;
  if (outcome === 'refused') return `refused: a firewall on ${to} rejects it`;
  if (outcome !== 'silent') return outcome;
  const rule = protocol === 'vrrp' ? 'IP protocol 112' : `${protocol} port ${port}`;
  return `no answer: a firewall on the way or on ${to} drops ${rule}`;
}

function outsideCause({ outcome, to, protocol, port }: Failure): string {
  if (outcome === 'refused') return `refused: nothing listens on ${to}, or a firewall there rejects it`;
  if (outcome !== 'silent') return outcome;
  return `no answer: ${to} is off, or a firewall on the way or there drops ${protocol} port ${port}`;
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
