import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { notYet } from './step.ts';
import type { Outside } from './outside.ts';
import { bastionPaths } from './bastion-paths.ts';

/** One release, as helm on a bastion manages it. */
export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  readonly host: Host;
  readonly cluster: string;
  readonly signal: AbortSignal;
  /** The program, where it is not `helm`. */
  readonly program?: string;
}

/** Runs helm in the release's namespace with the cluster's kubeconfig. `outside`: a chart comes from there. */
export async function helm(
  { namespace, host, cluster, signal, program = '/usr/local/bin/helm' }: HelmRelease,
  args: readonly string[],
  { outside, ...options }: { stdin?: string; ok?: readonly number[]; outside?: Outside } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { kubeconfig } = bastionPaths(cluster);
  const command = sh`${program} --kubeconfig ${kubeconfig} --namespace ${namespace} ${args}`;
  const how = { sudo: true, signal, timeout: 300, ...options };
  return outside ? outside(host, command, how) : host.run(command, how);
}

interface Revision {
  readonly revision: number;
  readonly status: string;
}

/**
 * A helm that was cut off (a power cut, a kill) leaves its revision pending, and each later one then refuses with
 * "another operation is in progress". Goes back to the last revision that was deployed; a release of which none ever
 * was is taken away. Does nothing where nothing is pending.
 */
export async function endInterrupted(release: HelmRelease): Promise<void> {
  const revisions = await history(release);
  const status = revisions.at(-1)?.status ?? '';
  if (!status.startsWith('pending-') && status !== 'uninstalling') return;
  await refuseRunningHelm(release, status);
  const good =
    revisions.findLast((one) => one.status === 'deployed') ??
    revisions.findLast((one) => one.status === 'superseded');
  await helm(
    release,
    good && status !== 'uninstalling'
      ? ['rollback', release.name, String(good.revision)]
      : ['uninstall', release.name, '--wait', '--timeout', '2m'],
  );
}

/** Oldest first; empty where there is no such release. */
async function history(release: HelmRelease): Promise<readonly Revision[]> {
  const args = ['history', release.name, '--output', 'json'];
  const { code, stdout, stderr } = await helm(release, args, { ok: [0, 1] });
  if (code === 0) return JSON.parse(stdout) as Revision[];
  if (/release: not found/.test(stderr)) return [];
  throw notYet(
    release.host.name,
    `helm cannot tell the history of ${release.name}: ${stderr.trim().slice(-300)}`,
    `helm -n ${release.namespace} history ${release.name} on ${release.host.name}`,
  );
}

/** What looks cut off may be a helm of an attempt whose connection broke: it ends by itself. */
async function refuseRunningHelm({ name, host, cluster, signal }: HelmRelease, status: string) {
  const { stdout } = await host.run(sh`pgrep -a -x ${'helm3?'}`, { signal, ok: [0, 1] });
  const { kubeconfig } = bastionPaths(cluster);
  const running = stdout.split('\n').filter((line) => line.includes(kubeconfig) && line.includes(name));
  if (running.length > 0)
    throw notYet(
      host.name,
      `${name} is ${status}, and helm still runs (process ${running.map((line) => line.split(' ')[0]).join(', ')})`,
      `Wait for its end, or end it on ${host.name}.`,
    );
}
