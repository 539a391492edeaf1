import type { NamedAddress, StepCall } from '../cluster/steps.ts';
import { sh } from '../hosts/shell.ts';
import { callerProgram } from './existing-balancer/caller.ts';
import { standInProgram } from './existing-balancer/stand-in.ts';
import { pythonOn } from './python-on.ts';
import { groupBy } from './reachability/connections.ts';
import { type StepBody, type StepTools, problem, step } from './step.ts';

type Call = StepCall<'check-existing-load-balancer'>;

/** Of an API server. */
const port = 6443;
/** Lines of a failure, which holds 4 kB; each costs the whole patience. */
const mostLines = 12;

/** Seconds. */
export interface CheckTimes {
  /** What a health check may take to notice a backend that has come. */
  readonly patience: number;
  /** The same where API servers serve already. */
  readonly soon: number;
}

/**
 * Before the first bring-up nobody answers at the address, so each of its backends in turn has a stand-in for the API
 * server. Never where a control plane is set up: clients would be led to it.
 */
const body =
  ({ patience, soon }: CheckTimes): StepBody<'check-existing-load-balancer'> =>
  async (call, tools) => {
    const isSetUp = await Promise.all(call.apiServers.map(({ name }) => hasControlPlane(name, tools)));
    return isSetUp.includes(true) ? leadsToWhoServes(call, soon, tools) : leadsToEach(call, patience, tools);
  };

export const checkExistingWithin = (times: CheckTimes) => step('check-existing-load-balancer', body(times));

export const checkExistingLoadBalancer = checkExistingWithin({ patience: 40, soon: 15 });

async function leadsToEach(call: Call, patience: number, tools: StepTools) {
  const wrong: string[] = [];
  for (const [i, backend] of call.apiServers.entries()) {
    // A backend's own connection that is led back to it is what kubeadm makes first.
    const from = [call.target.name, backend.name, ...(i === 0 ? call.clients : [])];
    wrong.push(...(await leadsTo(backend, from, call, patience, tools)));
    const rest = call.apiServers.length - i - 1;
    if (wrong.length < mostLines || rest === 0) continue;
    wrong.push(`${rest} more were not tried`);
    break;
  }
  if (wrong.length > 0) throw unled(call, wrong);
  const names = call.apiServers.map(({ name }) => name).join(', ');
  return { changed: false, summary: `${call.server} leads to ${names}` };
}

async function leadsTo(
  { name }: NamedAddress,
  from: readonly string[],
  call: Call,
  patience: number,
  tools: StepTools,
): Promise<string[]> {
  const { other, signal } = tools;
  const mark = `holdfast-stand-in-${call.cluster}-${name}`;
  const input = { port, seconds: patience + 60 };
  const answer = await pythonOn<{ pid: number; fingerprint: string } | { busy: true }>(
    other(name),
    standInProgram,
    mark,
    input,
    { signal, timeout: 30 },
  );
  if ('busy' in answer) return [`${name}: something else listens on ${port} there (ss -lntp)`];
  const { pid, fingerprint } = answer;
  try {
    const unanswered = await callAll(call, from, { fingerprint, seconds: patience }, tools);
    return unanswered.map((line) => `${name}: ${line}`);
  } finally {
    // Also after a cancellation, so without the signal; what cannot be reached ends by itself.
    await other(name)
      .run(sh`if grep -qs -- ${mark} /proc/${pid}/cmdline; then kill ${pid}; fi`, { sudo: true, timeout: 10 })
      .catch(() => undefined);
  }
}

async function leadsToWhoServes(call: Call, soon: number, tools: StepTools) {
  const asked = call.apiServers.map(({ address }) =>
    ask(call.target.name, address, port, { seconds: 0 }, tools),
  );
  if (!(await Promise.all(asked)).includes('here'))
    return {
      changed: false,
      summary: `a control plane is set up and none of its API servers is ready: whether ${call.server} leads there is not tried`,
    };
  const from = [call.target.name, ...call.clients];
  const wrong = await callAll(call, from, { seconds: soon }, tools);
  if (wrong.length > 0)
    throw unled(
      call,
      wrong.map((line) => `an API server that is ready: ${line}`),
    );
  return { changed: false, summary: `${call.server} leads to an API server that is ready` };
}

interface Wanted {
  readonly fingerprint?: string;
  readonly seconds: number;
}

/** Who is not led there, a line for all who hear the same. */
async function callAll(
  call: Call,
  from: readonly string[],
  wanted: Wanted,
  tools: StepTools,
): Promise<string[]> {
  const { hostname, port: at } = new URL(call.server);
  const heard = await Promise.all(
    [...new Set(from)].map(async (name) => ({
      name,
      said: await ask(name, hostname, Number(at || 443), wanted, tools),
    })),
  );
  const groups = groupBy(
    heard.filter(({ said }) => said !== 'here'),
    ({ said }) => said,
  );
  return [...groups].map(([said, who]) => `${said}, asked from ${shortened(who.map(({ name }) => name))}`);
}

function ask(
  from: string,
  address: string,
  at: number,
  wanted: Wanted,
  { other, signal }: StepTools,
): Promise<string> {
  const input = { address, port: at, ...wanted };
  const timeout = wanted.seconds + 30;
  return pythonOn<string>(other(from), callerProgram, 'holdfast-call', input, { signal, timeout });
}

async function hasControlPlane(name: string, { other, signal }: StepTools): Promise<boolean> {
  const { code } = await other(name).run(sh`test -e /etc/kubernetes/manifests/kube-apiserver.yaml`, {
    sudo: true,
    signal,
    ok: [0, 1],
  });
  return code === 0;
}

function unled(call: Call, wrong: readonly string[]) {
  const backends = shortened(
    call.apiServers.map(({ name, address }) => `${name} (${address}:${port})`),
    20,
  );
  return problem(
    call.target.name,
    `the load balancer at ${call.server} does not lead to\n${wrong.map((line) => `- ${line}`).join('\n')}`,
    `On the load balancer: pass TCP through to ${backends}, checked by GET /readyz over HTTPS, which is well with 200; a backend that calls the address may be led to itself. Then: holdfast retry --step check-existing-load-balancer`,
  );
}

function shortened(names: readonly string[], most = 6): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
