import { etcdProxyCertificates } from '../cluster/render/etcd-proxy-certificates.ts';
import {
  etcdProxyAdminPath,
  etcdProxyConfigPath,
  etcdProxyNice,
  etcdProxyPath,
  etcdProxyPort,
  etcdProxySocket,
  etcdProxyUnit,
  leftOutMark,
  renderEtcdProxy,
  renderEtcdProxyUnits,
  testableEtcdProxy,
} from '../cluster/render/etcd-proxy.ts';
import { haproxyConfigPath } from '../cluster/render/haproxy.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { allowHaproxy } from './apparmor.ts';
import { familyOn } from './family.ts';
import { runningRevision, withRevision } from './haproxy.ts';
import { ensureNice } from './priority.ts';
import { ensureEnabled, ensureService, loadUnits, serviceState, stopService } from './service.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { installTested } from './tested-file.ts';

/** The new process has had this long to take over after a reload (seconds); it takes about 0.2. */
const takeOver = 10;

const body: StepBody<'configure-etcd-proxy'> = async (call, { host, signal }) => {
  if (!call.leftOut) await respectLeftOut(host, call.cluster, signal);
  const { haproxy: distributions } = (await familyOn(host, signal)).services;
  const { content, revision } = withRevision(renderEtcdProxy(call, host.name));
  const changes = [
    !call.balancer && (await restUnused(host, distributions, signal)),
    await allowHaproxy(host, signal),
    await writeFiles(host, content, signal),
    (await ensureEnabled(host, etcdProxyUnit, signal)).changed,
    (await ensureService(host, etcdProxyPath, false, signal)).changed,
  ];
  const certificate = await certificateState(host, signal);
  if (certificate !== 'absent') changes.push(await run(host, revision, certificate === 'stale', signal));
  const changed = changes.includes(true);
  const what =
    certificate === 'absent'
      ? 'haproxy before etcd stands by until this host has a certificate'
      : `haproxy stands before ${call.etcd.length} etcd members at 127.0.0.1:${etcdProxyPort}`;
  return { changed, summary: changed ? what : `${what}, as wanted` };
};

export const configureEtcdProxy = step('configure-etcd-proxy', body);

/** An API server that saw members of two histories would serve now the one, now the other. */
async function respectLeftOut(host: Host, cluster: string, signal: AbortSignal): Promise<void> {
  const config = await host.readFile(etcdProxyConfigPath, { sudo: true, signal });
  const line = config
    ?.toString()
    .split('\n')
    .find((one) => one.startsWith(leftOutMark));
  if (line === undefined) return;
  const members = line.slice(leftOutMark.length);
  throw problem(
    host.name,
    `etcd was restored without ${members.replaceAll(' ', ', ')}: their old data must not come among the new`,
    `With these hosts on: holdfast restore ${cluster} --from MEMBER, of a member that has the new data, brings all together.`,
  );
}

/**
 * Debian starts haproxy.service when it installs haproxy, with a configuration that serves nobody. One that serves
 * somebody is someone's own.
 */
async function restUnused(host: Host, unit: string, signal: AbortSignal): Promise<boolean> {
  const before = await serviceState(host, unit, signal);
  if (!before.active && !before.enabled) return false;
  const folder = haproxyConfigPath.replace(/\/[^/]*$/, '');
  const { code } = await host.run(sh`grep -rqsE ${'^[[:space:]]*(frontend|listen)[[:space:]]'} ${folder}`, {
    sudo: true,
    signal,
    ok: [0, 1],
  });
  if (code === 0) return false;
  return (await stopService(host, unit, signal)).changed;
}

async function writeFiles(host: Host, content: string, signal: AbortSignal): Promise<boolean> {
  const folders = [etcdProxyConfigPath, etcdProxyCertificates.script].map((path) =>
    path.replace(/\/[^/]*$/, ''),
  );
  await host.run(sh`install -d -m 0755 ${folders}`, { sudo: true, signal });
  const config = await installTested(
    host,
    {
      path: etcdProxyConfigPath,
      content,
      tested: testableEtcdProxy(content),
      test: (path) => sh`haproxy -c -q -f ${path}`,
    },
    signal,
  );
  const others = await Promise.all(
    renderEtcdProxyUnits(host.name).map((file) => host.writeFile({ ...file, sudo: true, signal })),
  );
  const written = [config, ...others].some(({ changed }) => changed);
  const units = [etcdProxyUnit, etcdProxySocket, etcdProxyPath];
  return (await loadUnits(host, units, written, signal)) || written;
}

async function certificateState(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(sh`${etcdProxyCertificates.script} state`, { sudo: true, signal });
  return stdout.trim();
}

/** Asked of the process, not told by the file: an earlier try may have written the file and got no further. */
async function run(host: Host, revision: string, stale: boolean, signal: AbortSignal): Promise<boolean> {
  const asked = (seconds: number) => runningRevision(host, revision, seconds, etcdProxyAdminPath, signal);
  const reload = stale || (await asked(0)) !== revision;
  const { changed } = await ensureService(host, etcdProxyUnit, reload, signal);
  const found = await asked(takeOver);
  if (found === revision && (await certificateState(host, signal)) === 'fresh')
    return (await ensureNice(host, etcdProxyUnit, etcdProxyNice, signal)).changed || changed;
  throw notYet(
    host.name,
    found === revision
      ? 'haproxy before etcd runs with another certificate than the host has'
      : `haproxy before etcd has not taken its configuration (${found})`,
    `Look at journalctl -u ${etcdProxyUnit} on ${host.name}.`,
  );
}
