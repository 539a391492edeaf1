import { randomBytes } from 'node:crypto';
import { firewallProblems } from '../cluster/firewalls.ts';
import type { NamedAddress, Reach, StepCall } from '../cluster/steps.ts';
import { sh } from '../hosts/shell.ts';
import { pythonOn } from './python-on.ts';
import { type Connection, type Failure, connections, describe, groupBy } from './reachability/connections.ts';
import { firewallOn } from './reachability/firewalls.ts';
import { diallerProgram } from './reachability/dialler.ts';
import { listenerProgram } from './reachability/listener.ts';
import { probeProgram } from './reachability/probe.ts';
import { type Probe, addressProblems } from './reachability/virtual-addresses.ts';
import { type StepBody, type StepTools, problem, step } from './step.ts';

const apiServerPort = 6443;

/** Seconds after which a listener that nobody closed ends by itself. */
const lifetime = 120;
/** Seconds for one program on a host. */
const timeout = lifetime - 30;
/** Seconds for one connection; two losses of a SYN are borne (retransmitted after 1 s and 3 s). */
const patience = 4;

/** Real connections to listeners that the check opens and closes; what listens already is dialled as it is. */
const body: StepBody<'check-reachability'> = async (call, tools) => {
  const wanted = connections(call.matrix);
  const token = randomBytes(8).toString('hex');
  const mark = (host: string) => `holdfast-reachability-${call.cluster}-${host}`;
  const opened = await openListeners(call, tools, wanted, token, mark);
  const listeners = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  let failures: Failure[];
  let unproven: number;
  let probes: Probe[];
  try {
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
    const found = listeners.flatMap(({ failed }) => failed);
    if (found.length > 0) throw problem(call.target.name, list(found), cure);
    [{ failures, unproven }, probes] = await Promise.all([
      dialAll(call, tools, wanted, listeners, token),
      probeAll(call, tools),
    ]);
  } finally {
    await closeListeners(tools, listeners, mark);
  }
  const problems = [
    ...(await firewalls(call, tools, failures)),
    ...describe(failures),
    ...addressProblems(call.addresses, hostsOf(call).map(allAddresses(call)), probes),
  ];
  if (problems.length > 0) throw problem(call.target.name, list(problems), cure);
  const held = unproven > 0 ? `, ${unproven} over UDP not tried (the port is in use)` : '';
  return {
    changed: false,
    summary: `${wanted.length - unproven} connections work${held}; ${call.addresses.length} virtual addresses are free or ours`,
  };
};

export const checkReachability = step('check-reachability', body);

const cure = 'Mend firewalls, routes or the spec as said, then: holdfast retry --step check-reachability';

interface Listener {
  readonly host: string;
  readonly pid: number;
  readonly busy: ReadonlySet<string>;
  readonly failed: readonly string[];
}

async function openListeners(
  call: StepCall<'check-reachability'>,
  tools: StepTools,
  wanted: readonly Connection[],
  token: string,
  mark: (host: string) => string,
): Promise<PromiseSettledResult<Listener>[]> {
  const open = async (name: string, own: readonly Connection[]): Promise<Listener> => {
    const ports = [
      ...new Map(own.map(({ protocol, port }) => [`${protocol} ${port}`, [protocol, port]])).values(),
    ];
    // etcd and kubelet bind the host's own address alone, an API server every one.
    const everywhere = call.hosts?.[name] === undefined ? [] : [apiServerPort];
    const input = { token, address: ownAddress(call, name), everywhere, seconds: lifetime, ports };
    const answer = await pythonOn<{ pid: number; busy: string[][]; failed: string[][] }>(
      tools.other(name),
      listenerProgram,
      mark(name),
      input,
      { signal: tools.signal, timeout },
    );
    return {
      host: name,
      pid: answer.pid,
      busy: new Set(answer.busy.map((one) => one.join(' '))),
      failed: answer.failed.map(
        ([protocol, port, why]) => `${name} cannot listen on ${port}/${protocol}: ${why}`,
      ),
    };
  };
  const ours = wanted.filter(({ to }) => !isOutside(call, to));
  return Promise.allSettled([...groupBy(ours, ({ to }) => to)].map(([name, own]) => open(name, own)));
}

async function dialAll(
  call: StepCall<'check-reachability'>,
  tools: StepTools,
  wanted: readonly Connection[],
  listeners: readonly Listener[],
  token: string,
): Promise<{ failures: Failure[]; unproven: number }> {
  const isBusy = ({ to, protocol, port }: Connection) =>
    listeners.find(({ host }) => host === to)?.busy.has(`${protocol} ${port}`) ?? false;
  // Nobody answers a strange datagram: a UDP port that is in use proves itself in the running cluster.
  const dialled = wanted.filter((one) => !(one.protocol === 'udp' && isBusy(one)));
  const dial = async ([name, own]: readonly [string, readonly Connection[]]): Promise<Failure[]> => {
    const dials = own.map(({ protocol, to, port, at }) => [protocol, addressOf(call, to, at), port]);
    const input = { token, timeout: patience, own: ownAddress(call, name), dials };
    const outcomes = await pythonOn<string[]>(tools.other(name), diallerProgram, 'holdfast-dial', input, {
      signal: tools.signal,
      timeout,
    });
    return own.map((one, i) => ({
      ...one,
      outcome: outcomes[i] ?? 'no outcome',
      busy: isBusy(one),
      outside: isOutside(call, one.to),
    }));
  };
  const results = await Promise.all([...groupBy(dialled, ({ from }) => from)].map(dial));
  return {
    failures: results.flat().filter(({ outcome }) => outcome !== 'open'),
    unproven: wanted.length - dialled.length,
  };
}

/** Asked of every host that somebody did not reach, and of every node. */
async function firewalls(
  call: StepCall<'check-reachability'>,
  tools: StepTools,
  failures: readonly Failure[],
): Promise<string[]> {
  const unreached = new Set(failures.filter(({ outside, busy }) => !outside && !busy).map(({ to }) => to));
  const asked = hostsOf(call).filter(
    ({ name }) => unreached.has(name) || call.firewall?.nodes.includes(name),
  );
  const found = await Promise.all(
    asked.map(async ({ name }) => [name, await firewallOn(tools.other(name), tools.signal)] as const),
  );
  const on = new Map(found.flatMap(([name, firewall]) => (firewall ? [[name, firewall] as const] : [])));
  return firewallProblems(on, unreached, call.matrix, call.firewall);
}

async function probeAll(call: StepCall<'check-reachability'>, tools: StepTools): Promise<Probe[]> {
  const carriers = [...new Set(call.addresses.flatMap((address) => address.carriers))];
  return Promise.all(
    carriers.map(async (carrier) => {
      const addresses = call.addresses
        .filter((one) => one.carriers.includes(carrier))
        .map(({ address }) => address);
      const input = { own: ownAddress(call, carrier), addresses };
      const answer = await pythonOn<Omit<Probe, 'carrier'>>(
        tools.other(carrier),
        probeProgram,
        'holdfast-probe',
        input,
        { signal: tools.signal, timeout },
      );
      return { carrier, ...answer };
    }),
  );
}

/** Also after a failure or a cancellation, so without the signal; what cannot be reached ends by itself. */
async function closeListeners(
  tools: StepTools,
  listeners: readonly Listener[],
  mark: (host: string) => string,
): Promise<void> {
  await Promise.allSettled(
    listeners
      .filter(({ pid }) => pid > 0)
      .map(({ host, pid }) =>
        tools.other(host).run(sh`if grep -qs -- ${mark(host)} /proc/${pid}/cmdline; then kill ${pid}; fi`, {
          sudo: true,
          timeout: 10,
        }),
      ),
  );
}

/** A machine outside the spec stands in the matrix by its address. */
function addressOf(call: StepCall<'check-reachability'>, name: string, at: Reach['at']): string {
  const address = hostOf(call, name)?.address ?? name;
  if (at === 'ssh') return address;
  return call.hosts?.[name]?.[at ?? 'address'] ?? address;
}

/** What its interface has: what it can bind. */
const ownAddress = (call: StepCall<'check-reachability'>, name: string): string =>
  addressOf(call, name, 'ip');

const allAddresses =
  (call: StepCall<'check-reachability'>) =>
  ({ name }: NamedAddress) => ({
    name,
    addresses: (['ssh', undefined, 'ip'] as const).map((at) => addressOf(call, name, at)),
  });

/** Nobody opens a listener there: what is to be reached listens already. */
function isOutside(call: StepCall<'check-reachability'>, name: string): boolean {
  return hostOf(call, name) === undefined;
}

function hostOf(call: StepCall<'check-reachability'>, name: string): NamedAddress | undefined {
  return name === call.target.name ? call.target : call.others[name];
}

function hostsOf({ target, others }: StepCall<'check-reachability'>): NamedAddress[] {
  return [target, ...Object.values(others)];
}

function list(problems: readonly string[]): string {
  const shown = problems.slice(0, 12);
  const more = problems.length - shown.length;
  return `${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${shown.map((one) => `- ${one}`).join('\n')}${more > 0 ? `\n- and ${more} more` : ''}`;
}
