import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, step } from './step.ts';
import { kubectlOn } from './kubectl.ts';
import type { EndpointSlice, List } from './kubernetes-objects.ts';
import { type Finding, promotionIsPossible } from './promotion-possible.ts';

/**
 * Of the five rules those that a running cluster can show: 2, 3 and 4. Rule 1 is the spec's (validate), and rule 5 is
 * how connections are made: neither is looked at here, and the summary does not claim them.
 */
const body: StepBody<'check-ha-rules'> = async (call, tools) => {
  const findings = await Promise.all([
    everyApiServerServes(call, tools),
    promotionIsPossible(call, tools),
    loadBalancersStandInForEachOther(call, tools),
  ]);
  const wrong = findings.flatMap((finding) => finding.wrong);
  if (wrong.length > 0)
    throw notYet(
      call.target.name,
      wrong.join('; '),
      'Cure what is named, then: holdfast retry --step check-ha-rules',
    );
  const accepted = call.accepted.length > 0 ? `; accepted in writing: ${call.accepted.join(', ')}` : '';
  const seen = findings.map((finding) => finding.seen).join('; ');
  return { changed: false, summary: `${seen}${accepted}; not looked at: rules 1 and 5` };
};

export const checkHaRules = step('check-ha-rules', body);

async function loadBalancersStandInForEachOther(
  call: StepCall<'check-ha-rules'>,
  { other, signal }: StepTools,
): Promise<Finding> {
  const { loadBalancer } = call;
  if (!loadBalancer) return { wrong: [], seen: 'rule 4: there is no load balancer' };
  if (loadBalancer.existing)
    return { wrong: [], seen: 'rule 4: the load balancer is not holdfast’s, and not looked at' };
  const states = await Promise.all(
    call.balancers.map(async ({ name }) => ({ name, ...(await balancerState(other(name), signal)) })),
  );
  const down = states.flatMap(({ name, units }) =>
    units.filter((u) => u.state !== 'active').map((u) => `${u.unit} on ${name} is ${u.state}`),
  );
  const addresses = [
    loadBalancer.internal.address,
    ...(loadBalancer.external ? [loadBalancer.external.address] : []),
  ];
  const held = addresses.flatMap((address) => {
    const holders = states.filter((s) => s.addresses.includes(address)).map((s) => s.name);
    return holders.length === 1
      ? []
      : [`${address} is held by ${holders.length === 0 ? 'no load balancer' : holders.join(' and ')}`];
  });
  return {
    wrong: [...down, ...held],
    seen: `rule 4: ${call.balancers.length} load balancers run, ${addresses.join(' and ')} held by one each`,
  };
}

async function balancerState(balancer: Host, signal: AbortSignal) {
  const command = sh`for u in haproxy keepalived; do echo "unit $u $(systemctl is-active $u)"; done; ip -4 -o addr show | while read -r n i f a r; do echo "address $a"; done`;
  const { stdout } = await balancer.run(command, { sudo: true, signal });
  const rows = stdout.split('\n').map((line) => line.split(' '));
  return {
    units: rows.filter((r) => r[0] === 'unit').map((r) => ({ unit: r[1] ?? '', state: r[2] ?? 'unknown' })),
    addresses: rows.filter((r) => r[0] === 'address').map((r) => (r[1] ?? '').split('/')[0] ?? ''),
  };
}

/** Where SSH reaches it may be another address. */
function advertisedBy({ advertised, others }: StepCall<'check-ha-rules'>, name: string): string {
  return advertised?.[name] ?? others[name]?.address ?? '';
}

async function everyApiServerServes(
  call: StepCall<'check-ha-rules'>,
  { host, signal }: StepTools,
): Promise<Finding> {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const slices = await kubectl.get<List<EndpointSlice>>([
    'get',
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=kubernetes',
  ]);
  const serving = new Set(
    slices.items
      .flatMap((s) => s.endpoints ?? [])
      .filter((e) => e.conditions?.ready !== false)
      .flatMap((e) => e.addresses),
  );
  const missing = call.controlPlane.filter((name) => !serving.has(advertisedBy(call, name)));
  return {
    wrong: missing.map((name) => `the API server of ${name} is no endpoint of the service kubernetes`),
    seen: `rule 2: ${call.controlPlane.length} API servers are endpoints`,
  };
}
