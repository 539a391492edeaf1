import { haproxyConfigPath } from '../cluster/render/haproxy.ts';
import type { BalancerInput, StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { familyOn } from './family.ts';
import { carriesRequests, haproxyConfig, runningRevision } from './haproxy.ts';
import { addressesOn } from './ip-addresses.ts';
import { serviceState } from './service.ts';
import { type StepBody, notYet, step } from './step.ts';

const body: StepBody<'check-load-balancer'> = async (call, { host, other, signal }) => {
  const { services, haproxySocket } = await familyOn(host, signal);
  await host.run(sh`haproxy -c -q -f ${haproxyConfigPath}`, { sudo: true, signal });
  for (const unit of [services.haproxy, services.keepalived]) await runs(host, unit, signal);
  await servesThis(call, host, haproxySocket, signal);
  const holders = await oneHolderEach(
    call,
    call.balancers.map(({ name }) => other(name)),
    host,
    signal,
  );
  await accept(host, listeners(call), signal);
  return { changed: false, summary: `haproxy and keepalived run; ${holders}` };
};

export const checkLoadBalancer = step('check-load-balancer', body);

async function runs(host: Host, unit: string, signal: AbortSignal): Promise<void> {
  const { active, enabled, words } = await serviceState(host, unit, signal);
  if (active && enabled) return;
  throw notYet(host.name, `${unit} is ${words.join(', ')}`, `Look at journalctl -u ${unit} on ${host.name}.`);
}

async function servesThis(
  call: StepCall<'check-load-balancer'>,
  host: Host,
  socket: string,
  signal: AbortSignal,
): Promise<void> {
  const { revision } = haproxyConfig(call, host.name, socket);
  const found = await runningRevision(host, revision, 0, socket, signal);
  if (found !== revision)
    throw notYet(
      host.name,
      `haproxy runs another configuration (${found})`,
      `holdfast retry --step configure-haproxy --host ${host.name}`,
    );
  if (!(await carriesRequests(host, signal)))
    throw notYet(
      host.name,
      'haproxy runs and does not answer',
      `Look at top and at journalctl on ${host.name}.`,
    );
}

/** Each address on exactly one load balancer: on none nobody answers, on two they cut each other's connections. */
async function oneHolderEach(
  { loadBalancer: { internal, external } }: BalancerInput,
  balancers: readonly Host[],
  host: Host,
  signal: AbortSignal,
): Promise<string> {
  const held = await Promise.all(
    balancers.map(async (balancer) => ({
      name: balancer.name,
      addresses: (await addressesOn(balancer, signal)).map(({ address }) => address),
    })),
  );
  const wanted = [internal.address, ...(external ? [external.address] : [])];
  const found = wanted.map((address) => {
    const holders = held.filter(({ addresses }) => addresses.includes(address)).map(({ name }) => name);
    if (holders.length === 1) return `${holders[0]} holds ${address}`;
    throw notYet(
      host.name,
      holders.length === 0
        ? `no load balancer holds ${address}`
        : `${holders.join(' and ')} all hold ${address}`,
      'Look at journalctl -u keepalived on each: do they hear each other (IP protocol 112 through the firewall)?',
    );
  });
  return found.join(', ');
}

/** All that haproxy listens on. Before Kubernetes is there it takes a connection and closes it: fine here. */
function listeners({ loadBalancer: { internal, external } }: BalancerInput): readonly string[] {
  return [
    `${internal.address}:${internal.port}`,
    ...(external?.forward ?? []).map(({ port }) => `${external?.address}:${port}`),
    ...(external?.apiPort !== undefined && external.apiAllow.length > 0
      ? [`${external.address}:${external.apiPort}`]
      : []),
  ];
}

async function accept(host: Host, wanted: readonly string[], signal: AbortSignal): Promise<void> {
  const { stdout } = await host.run(sh`python3 -c ${dial} ${wanted}`, { signal });
  if (stdout.trim() === '') return;
  throw notYet(
    host.name,
    `no connection to ${stdout.trim().split('\n').join(', ')}`,
    'Look at journalctl -u haproxy on the load balancers, and at their firewalls.',
  );
}

const dial = `
import socket, sys
for wanted in sys.argv[1:]:
    address, port = wanted.rsplit(":", 1)
    try:
        socket.create_connection((address, int(port)), 3).close()
    except ConnectionResetError:
        pass  # haproxy took it, and apiAllow does not name this host
    except OSError as error:
        print(f"{wanted} ({error})")
`;
