import { isDeepStrictEqual } from 'node:util';
import { nfsProvisionerValues } from '../cluster/render/nfs-provisioner-values.ts';
import type { NfsStorage } from '../cluster/cluster.ts';
import { type StepBody, type StepTools, notYet, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { download } from './download.ts';
import { helm3Path } from './install-helm.ts';
import { type HelmRelease, endInterrupted, helm } from './helm-release.ts';
import { kubectlOn } from './kubectl.ts';

const name = 'nfs-subdir-external-provisioner';
const namespace = 'nfs-provisioner';
/** Upstream's newest chart; `storage.nfs.chart` takes another. */
const chartVersion = '4.0.18';

const body: StepBody<'install-nfs-provisioner'> = async (call, tools) => {
  const { host, signal } = tools;
  const values = nfsProvisionerValues(call.nfs, call.serverAddress);
  const version = call.nfs.chart?.version ?? chartVersion;
  const release = {
    ...{ name, namespace, host, cluster: call.cluster, signal },
    ...(call.helm3 && { program: helm3Path }),
  };
  if (await isDeployed(release, version, values)) {
    return { changed: false, summary: `${name} ${version} is deployed with these values` };
  }
  const chart = await chartOn(call.cluster, call.nfs, version, tools);
  await endInterrupted(release);
  await helm(
    release,
    ['upgrade', name, chart, '--install', '--create-namespace', '--values', '-', '--wait', '--timeout', '3m'],
    { stdin: JSON.stringify(values), outside: tools.outside },
  );
  if (!(await isDeployed(release, version, values))) {
    throw notYet(
      host.name,
      `${name} is not as wanted after helm upgrade`,
      `helm -n ${namespace} history ${name} on the bastion`,
    );
  }
  return { changed: true, summary: `${name} ${version} deployed` };
};

export const installNfsProvisioner = step('install-nfs-provisioner', body);

/** Deployed by Helm with just these values, and its pod is up. */
async function isDeployed(release: HelmRelease, version: string, values: object): Promise<boolean> {
  const listed = await helm(release, ['list', '--filter', `^${name}$`, '--output', 'json']);
  const [found] = JSON.parse(listed.stdout) as { chart: string; status: string }[];
  if (found?.status !== 'deployed' || found.chart !== `${name}-${version}`) return false;
  const had = await helm(release, ['get', 'values', name, '--output', 'json']);
  if (!isDeepStrictEqual(JSON.parse(had.stdout), JSON.parse(JSON.stringify(values)))) return false;
  const { host, cluster, signal } = release;
  const deployments = await kubectlOn(host, cluster, signal).get<{
    items: { status?: { availableReplicas?: number } }[];
  }>(['--namespace', namespace, 'get', 'deployments']);
  return (
    deployments.items.length > 0 && deployments.items.every((d) => (d.status?.availableReplicas ?? 0) > 0)
  );
}

/** The chart as helm is to find it: a checked file where a checksum is given, else the address itself. */
async function chartOn(cluster: string, nfs: NfsStorage, version: string, tools: StepTools): Promise<string> {
  const source =
    nfs.chart?.source ??
    `https://github.com/kubernetes-sigs/${name}/releases/download/${name}-${version}/${name}-${version}.tgz`;
  if (nfs.chart?.sha256 === undefined) return source;
  const path = `${bastionPaths(cluster).root}/downloads/${name}-${version}.tgz`;
  await download(tools.host, { url: source, sha256: nfs.chart.sha256, path }, tools);
  return path;
}
