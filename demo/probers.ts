import { probeAccess, removeProbeAccess } from '../activities/drill/probe-access.ts';
import { launchProber, readProber, removeProber, stopProber } from '../activities/drill/prober.ts';
import { hostsWithRole } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { probeConfigMap } from '../cluster/drill/probe-objects.ts';
import type { ProbeLog } from '../cluster/drill/probe-log.ts';
import type { ProbeTarget } from '../cluster/drill/probe-targets.ts';
import type { Host, Hosts } from '../hosts/host.ts';

const job = 'holdfast-failover-demo-prober';
/** They end by themselves after this, whatever becomes of the demo. */
const seconds = 900;

/** Keeps probers at the API while `body` runs: on the bastion through both addresses, on a worker node through the internal one. */
export async function withProbers(
  hosts: Hosts,
  spec: Cluster,
  signal: AbortSignal,
  body: () => Promise<void>,
): Promise<readonly ProbeLog[]> {
  const clients = clientsOf(hosts, spec);
  const [first] = clients;
  if (!first) return [];
  const names = clients.flatMap(({ host, targets }) =>
    targets.map(({ address }) => probeConfigMap(host.name, address)),
  );
  // Not the caller's signal: what was started is ended and taken away also after Ctrl-C.
  const tidy = new AbortController().signal;
  try {
    const access = await probeAccess(first.host, spec.name, names, seconds, signal);
    for (const { host, targets } of clients) {
      await removeProber(host, job, tidy);
      await launchProber(host, job, { access, targets, seconds }, signal);
    }
    await body();
    for (const { host } of clients) await stopProber(host, job, signal);
    const logs = await Promise.all(clients.map(({ host }) => readProber(host, job, signal)));
    return logs.filter((log) => log !== undefined);
  } finally {
    for (const { host } of clients) await orSay(host.name, removeProber(host, job, tidy));
    await orSay(first.host.name, removeProbeAccess(first.host, spec.name, tidy));
  }
}

/** What went wrong before is worth more than what goes wrong while tidying up. */
async function orSay(host: string, tidying: Promise<void>): Promise<void> {
  await tidying.catch((error: unknown) =>
    console.error(`${host}: something of the probers is left: ${String(error)}`),
  );
}

function clientsOf(
  hosts: Hosts,
  spec: Cluster,
): readonly { readonly host: Host; readonly targets: readonly ProbeTarget[] }[] {
  const { internal, external } = spec.loadBalancer ?? {};
  const [bastion] = hostsWithRole(spec, 'bastion');
  const bystander = hostsWithRole(spec, 'worker').find(
    ({ name }) => !spec.failover.candidates.includes(name),
  );
  const inside = internal && { address: 'internal' as const, host: internal.address, port: internal.port };
  const outside = external?.apiPort !== undefined && {
    address: 'external' as const,
    host: external.address,
    port: external.apiPort,
  };
  return [
    ...(bastion ? [{ host: bastion, targets: [inside, outside].filter((target) => !!target) }] : []),
    ...(bystander && inside ? [{ host: bystander, targets: [inside] }] : []),
  ].map(({ host, targets }) => ({ host: hosts.host(host.ssh), targets }));
}
