import { dirname } from 'node:path/posix';
import {
  haproxyCheckName,
  keepalivedConfigPath,
  renderHaproxyCheck,
  renderKeepalived,
} from '../cluster/render/keepalived.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { familyOn } from './family.ts';
import { addressesOn } from './ip-addresses.ts';
import { ensureLabel } from './selinux.ts';
import { changedSinceLoaded, ensureService } from './service.ts';
import { type StepBody, problem, step } from './step.ts';
import { installTested } from './tested-file.ts';
import { refuseTakenAddresses } from './taken-addresses.ts';

type Call = StepCall<'configure-keepalived'>;

const body: StepBody<'configure-keepalived'> = async (call, { host, signal }) => {
  const family = await familyOn(host, signal);
  const unit = family.services.keepalived;
  const checkPath = `${family.keepalivedScripts}/${haproxyCheckName}`;
  const networkInterface = await interfaceOf(call, host, signal);
  const here = { networkInterface, check: checkPath };
  const content = renderKeepalived(call, host.name, here);
  if ((await host.readFile(keepalivedConfigPath, { sudo: true, signal }))?.toString() !== content)
    await refuseTakenAddresses(host, call, signal);
  const check = await writeCheck(call, host, checkPath, signal);
  const file = await installTested(
    host,
    {
      path: keepalivedConfigPath,
      content,
      tested: renderKeepalived(call, host.name, { ...here, scriptUser: 'root' }),
      test: (path) => sh`keepalived --config-test -f ${path}`,
    },
    signal,
  );
  const stale = file.changed || (await changedSinceLoaded(host, unit, keepalivedConfigPath, signal));
  const service = await ensureService(host, unit, stale, signal);
  const changed = check || file.changed || service.changed;
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
    `Give ${host.name} in the spec, as ip, the address that its interface has: VRRP does not work through address translation.`,
  );
}

async function writeCheck(call: Call, host: Host, path: string, signal: AbortSignal): Promise<boolean> {
  // Owned by root and writable by nobody else, all the way: keepalived refuses the script otherwise.
  await host.run(sh`install -d -m 0755 ${dirname(path)}`, { sudo: true, signal });
  const content = renderHaproxyCheck(call.timings);
  const { changed } = await host.writeFile({ path, content, mode: 0o755, sudo: true, signal });
  return (await ensureLabel(host, path, signal)) || changed;
}
