import { haproxyConfigPath } from '../cluster/render/haproxy.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { familyOn } from './family.ts';
import { carriesRequests, haproxyConfig, runningRevision } from './haproxy.ts';
import { ensureBoolean } from './selinux.ts';
import { ensureService } from './service.ts';
import { type StepBody, notYet, step } from './step.ts';
import { installTested } from './tested-file.ts';

/** The new process has had this long to take over after a reload (seconds); it takes about 0.1. */
const takeOver = 10;
const sysctlPath = '/etc/sysctl.d/90-holdfast-load-balancer.conf';
const sysctl = '/proc/sys/net/ipv4/ip_nonlocal_bind';

const body: StepBody<'configure-haproxy'> = async (call, { host, signal }) => {
  const { services, haproxySocket } = await familyOn(host, signal);
  const unit = services.haproxy;
  const { content, revision } = haproxyConfig(call, host.name, haproxySocket);
  const asked = (seconds: number) => runningRevision(host, revision, seconds, haproxySocket, signal);
  const allowed = [
    await allowForeignAddresses(host, signal),
    // SELinux's policy keeps haproxy from most ports: of the API servers, of NodePorts, and its own.
    await ensureBoolean(host, 'haproxy_connect_any', signal),
  ].includes(true);
  const file = await installTested(
    host,
    { path: haproxyConfigPath, content, tested: content, test: (path) => sh`haproxy -c -q -f ${path}` },
    signal,
  );
  // Asked of the process, not told by the file: an earlier try may have written the file and got no further.
  const stale = (await asked(0)) !== revision;
  const service = await ensureService(host, unit, stale, signal);
  const runs = await asked(takeOver);
  if (runs !== revision || !(await carriesRequests(host, signal)))
    throw notYet(
      host.name,
      runs === revision
        ? 'haproxy runs and does not answer'
        : `haproxy has not taken its new configuration (${runs})`,
      `Look at journalctl -u ${unit} on ${host.name}: is one of its addresses and ports taken?`,
    );
  const changed = allowed || file.changed || service.changed;
  const count = `${call.apiServers.length} API servers`;
  return { changed, summary: changed ? `haproxy runs for ${count}` : `haproxy runs for ${count} as wanted` };
};

export const configureHaproxy = step('configure-haproxy', body);

/** Each load balancer listens on both addresses, and holds one: it could not take the other over otherwise. */
async function allowForeignAddresses(host: Host, signal: AbortSignal): Promise<boolean> {
  const content =
    '# Written by holdfast: haproxy listens on an address that the other load balancer may hold now.\nnet.ipv4.ip_nonlocal_bind = 1\n';
  const file = await host.writeFile({ path: sysctlPath, content, mode: 0o644, sudo: true, signal });
  const isOn = async () => (await host.run(sh`cat ${sysctl}`, { signal })).stdout.trim() === '1';
  if (await isOn()) return file.changed;
  await host.run(sh`sysctl -q -p ${sysctlPath}`, { sudo: true, signal });
  if (await isOn()) return true;
  throw notYet(
    host.name,
    'net.ipv4.ip_nonlocal_bind is still 0',
    `Does another file set it? sysctl --system on ${host.name} shows.`,
  );
}
