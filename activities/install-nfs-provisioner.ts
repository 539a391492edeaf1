import { isDeepStrictEqual } from 'node:util';
import { nfsProvisionerValues } from '../cluster/render/nfs-provisioner-values.ts';
import type { NfsStorage } from '../cluster/cluster.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { download } from './download.ts';
import { kubectlOn } from './kubectl.ts';

const release = 'nfs-subdir-external-provisioner';
const namespace = 'nfs-provisioner';
/** Upstream's newest chart; `storage.nfs.chart` takes another. */
const chartVersion = '4.0.18';

const body: StepBody<'install-nfs-provisioner'> = async (call, { host, signal }) => {
  const values = nfsProvisionerValues(call.nfs, call.serverAddress);
  const version = call.nfs.chart?.version ?? chartVersion;
  if (await isDeployed(call, host, version, values, signal)) {
    return { changed: false, summary: `${release} ${version} is deployed with these values` };
  }
  const chart = await chartOn(host, call.cluster, call.nfs, version, signal);
  const args = [
    'upgrade',
    release,
    chart,
    '--install',
    '--create-namespace',
    '--namespace',
    namespace,
    '--values',
    '-',
    '--wait',
    '--timeout',
    '3m',
  ];
  await helm(host, call.cluster, args, signal, JSON.stringify(values));
  if (!(await isDeployed(call, host, version, values, signal))) {
    throw notYet(
      host.name,
      `${release} is not as wanted after helm upgrade`,
      `helm -n ${namespace} history ${release} on the bastion`,
    );
  }
  return { changed: true, summary: `${release} ${version} deployed` };
};

export const installNfsProvisioner = step('install-nfs-provisioner', body);

/** Deployed by Helm with just these values, and its pod is up. */
async function isDeployed(
  call: StepCall<'install-nfs-provisioner'>,
  host: Host,
  version: string,
  values: object,
  signal: AbortSignal,
): Promise<boolean> {
  const listed = await helm(
    host,
    call.cluster,
    ['list', '--namespace', namespace, '--filter', `^${release}$`, '--output', 'json'],
    signal,
  );
  const [found] = JSON.parse(listed) as { chart: string; status: string }[];
  if (found?.status !== 'deployed' || found.chart !== `${release}-${version}`) return false;
  const had = await helm(
    host,
    call.cluster,
    ['get', 'values', release, '--namespace', namespace, '--output', 'json'],
    signal,
  );
  if (!isDeepStrictEqual(JSON.parse(had), JSON.parse(JSON.stringify(values)))) return false;
  const deployments = await kubectlOn(host, call.cluster, signal).get<{
    items: { status?: { availableReplicas?: number } }[];
  }>(['--namespace', namespace, 'get', 'deployments']);
  return (
    deployments.items.length > 0 && deployments.items.every((d) => (d.status?.availableReplicas ?? 0) > 0)
  );
}

async function helm(
  host: Host,
  cluster: string,
  args: readonly string[],
  signal: AbortSignal,
  stdin?: string,
): Promise<string> {
  const { kubeconfig } = bastionPaths(cluster);
  const command = sh`/usr/local/bin/helm --kubeconfig ${kubeconfig} ${args}`;
  return (
    await host.run(command, { sudo: true, signal, timeout: 300, ...(stdin === undefined ? {} : { stdin }) })
  ).stdout;
}

/** The chart as helm is to find it: a checked file where a checksum is given, else the address itself. */
async function chartOn(
  host: Host,
  cluster: string,
  nfs: NfsStorage,
  version: string,
  signal: AbortSignal,
): Promise<string> {
  const source =
    nfs.chart?.source ??
    `https://github.com/kubernetes-sigs/${release}/releases/download/${release}-${version}/${release}-${version}.tgz`;
  if (nfs.chart?.sha256 === undefined) return source;
  const path = `${bastionPaths(cluster).root}/downloads/${release}-${version}.tgz`;
  await download(host, { url: source, sha256: nfs.chart.sha256, path }, signal);
  return path;
}
