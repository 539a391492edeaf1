import {
  haproxyCheckPath,
  keepalivedConfigPath,
  renderHaproxyCheck,
  renderKeepalived,
} from '../cluster/render/keepalived.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { familyOn } from './family.ts';
import { addressesOn } from './ip-addresses.ts';
import { changedSinceLoaded, ensureService } from './service.ts';
import { type StepBody, problem, step } from './step.ts';
import { installTested } from './tested-file.ts';
import { refuseTakenAddresses } from './taken-addresses.ts';

type Call = StepCall<'configure-keepalived'>;

const body: StepBody<'configure-keepalived'> = async (call, { host, signal }) => {
  const { keepalived: unit } = (await familyOn(host, signal)).services;
  const networkInterface = await interfaceOf(call, host, signal);
  const content = renderKeepalived(call, host.name, networkInterface);
  if ((await host.readFile(keepalivedConfigPath, { sudo: true, signal }))?.toString() !== content)
    await refuseTakenAddresses(host, call, signal);
  const check = await writeCheck(call, host, signal);
  const file = await installTested(
    host,
    {
      path: keepalivedConfigPath,
      content,
      tested: renderKeepalived(call, host.name, networkInterface, 'root'),
      test: (path) => sh`keepalived --config-test -f ${path}`,
    },
    signal,
  );
  const stale = file.changed || (await changedSinceLoaded(host, unit, keepalivedConfigPath, signal));
  const service = await ensureService(host, unit, stale, signal);
  const changed = check.changed || file.changed || service.changed;
  const what = `keepalived runs on ${networkInterface}`;
  return { changed, summary: changed ? what : `${what} as wanted` };
};

export const configureKeepalived = step('configure-keepalived', body);

/** The interface with the host's own address: the load balancer's addresses belong beside it. */
async function interfaceOf(call: Call, host: Host, signal: AbortSignal): Promise<string> {
  const own = call.balancers.find(({ name }) => name === host.name)?.address;
  const held = await addressesOn(host, signal);
  const found = held.find(({ address }) => address === own);
  if (found) return found.networkInterface;
  throw problem(
    host.name,
    `no interface holds ${own ?? 'an address of this host'} (there are: ${held.map(({ address }) => address).join(', ')})`,
    `Give ${host.name} in the spec the address that its interface has: VRRP does not work through address translation.`,
  );
}

async function writeCheck(call: Call, host: Host, signal: AbortSignal): Promise<{ changed: boolean }> {
  // Owned by root and writable by nobody else, all the way: keepalived refuses the script otherwise.
  await host.run(sh`install -d -m 0755 ${haproxyCheckPath.replace(/\/[^/]*$/, '')}`, { sudo: true, signal });
  const content = renderHaproxyCheck(call.timings);
  return host.writeFile({ path: haproxyCheckPath, content, mode: 0o755, sudo: true, signal });
}
