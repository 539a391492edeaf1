import { haproxyConfigPath } from '../cluster/render/haproxy.ts';
import type { OwnLoadBalancer } from '../cluster/cluster.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { familyOn } from './family.ts';
import { carriesRequests } from './haproxy.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { type UnitHealth, isUp, replaceUnit, startUnit, unitHealth } from './unit-health.ts';

const body: StepBody<'heal-load-balancer'> = async (call, { host, signal }) => {
  const { haproxy, keepalived } = (await familyOn(host, signal)).services;
  const [proxy, vrrp] = (await unitHealth(host, [haproxy, keepalived], signal)) as [UnitHealth, UnitHealth];
  const done = [await healHaproxy(host, proxy, signal), await healKeepalived(host, vrrp, signal)].filter(
    (what) => what !== undefined,
  );
  if (done.length === 0) done.push(...(await healAddresses(host, call.loadBalancer, keepalived, signal)));
  await lookAgain(host, [haproxy, keepalived], signal);
  return done.length === 0
    ? { changed: false, summary: 'haproxy and keepalived run well' }
    : { changed: true, summary: done.join(', ') };
};

export const healLoadBalancer = step('heal-load-balancer', body);

async function healHaproxy(host: Host, health: UnitHealth, signal: AbortSignal): Promise<string | undefined> {
  const { unit, state, stopped } = health;
  if (isUp(health) && !stopped && (await carriesRequests(host, signal))) return undefined;
  const test = await host.run(sh`haproxy -c -f ${haproxyConfigPath}`, { sudo: true, signal, ok: 'any' });
  if (test.code !== 0)
    throw problem(
      host.name,
      `haproxy refuses its own configuration: ${/^.*ALERT.*$/m.exec(test.stderr)?.[0] ?? `exit code ${test.code}`}`,
      'holdfast up writes it anew.',
    );
  if (!isUp(health)) {
    await startUnit(host, unit, signal);
    return `${unit} was ${state}: started`;
  }
  await replaceUnit(host, unit, 'main', signal);
  return `${unit} ${stopped ? 'was held by SIGSTOP' : 'hung'}: ended and started`;
}

async function healKeepalived(
  host: Host,
  health: UnitHealth,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { unit, state, stopped } = health;
  if (isUp(health) && !stopped) return undefined;
  if (isUp(health)) await replaceUnit(host, unit, 'all', signal);
  else await startUnit(host, unit, signal);
  return stopped ? `${unit} was held by SIGSTOP: ended and started` : `${unit} was ${state}: started`;
}

/**
 * Nothing at an address takes a connection, though both programs say that they are well: nobody holds it, or the
 * neighbours look for it elsewhere. keepalived, started anew, elects and announces.
 */
async function healAddresses(
  host: Host,
  { internal, external }: OwnLoadBalancer,
  keepalived: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wanted = [
    `${internal.address}:${internal.port}`,
    ...(external?.apiPort === undefined ? [] : [`${external.address}:${external.apiPort}`]),
  ];
  const silent: string[] = [];
  for (const address of wanted) {
    const url = `https://${address}/readyz`;
    const ask = sh`curl -sk -o /dev/null --noproxy ${'*'} --connect-timeout 2 -m 5 ${url}`;
    // 7 and 28: no connection. Any other code is from behind it.
    const { code } = await host.run(ask, { signal, ok: 'any' });
    if (code === 7 || code === 28) silent.push(address);
  }
  if (silent.length === 0) return [];
  await startUnit(host, keepalived, signal);
  return [`${silent.join(' and ')} took no connection: ${keepalived} started anew`];
}

async function lookAgain(host: Host, units: readonly string[], signal: AbortSignal): Promise<void> {
  const ill = (await unitHealth(host, units, signal)).filter(
    (unit) => unit.state !== 'active' || unit.stopped,
  );
  if (ill.length === 0 && (await carriesRequests(host, signal))) return;
  const what = ill.map(({ unit, state }) => `${unit} is ${state}`).join(', ');
  throw notYet(
    host.name,
    what === '' ? 'haproxy runs and does not answer' : what,
    `Look at journalctl -u ${ill[0]?.unit ?? units[0]} on ${host.name}.`,
  );
}
