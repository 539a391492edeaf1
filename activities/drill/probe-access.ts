import { probeAccount, probeNamespace, probeObjects } from '../../cluster/drill/probe-objects.ts';
import { HostError } from '../../hosts/errors.ts';
import type { Host } from '../../hosts/host.ts';
import { kubectlOn } from '../kubectl.ts';

/** What a prober needs to be let in. The token is a secret, and opens nothing but the prober's own objects. */
export interface ProbeAccess {
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** Makes the probers' account and objects, and a token that lives this long. Run on the bastion, with its kubeconfig. */
export async function probeAccess(
  bastion: Host,
  cluster: string,
  configMaps: readonly string[],
  seconds: number,
  signal: AbortSignal,
): Promise<ProbeAccess> {
  const kubectl = kubectlOn(bastion, cluster, signal);
  await kubectl.run(['apply', '-f', '-'], { stdin: JSON.stringify(probeObjects(configMaps)) });
  // Ten minutes are the shortest that an API server gives.
  const duration = `--duration=${Math.max(600, Math.ceil(seconds))}s`;
  const token = ['create', 'token', probeAccount, '-n', probeNamespace, duration];
  const ca = "jsonpath={.clusters[0].cluster['certificate-authority-data']}";
  const access = {
    ca: Buffer.from(await kubectl.run(['config', 'view', '--raw', '-o', ca]), 'base64').toString(),
    token: (await kubectl.run(token, { secret: true })).trim(),
  };
  if (access.token !== '' && access.ca.includes('BEGIN CERTIFICATE')) return access;
  throw new HostError('CommandFailed', bastion.name, 'kubectl gave no token, or the kubeconfig holds no CA', {
    next: `Try: holdfast kubectl ${cluster} -- create token ${probeAccount} -n ${probeNamespace}`,
  });
}

/** Takes all of it away; tokens end with the account. */
export async function removeProbeAccess(bastion: Host, cluster: string, signal: AbortSignal): Promise<void> {
  await kubectlOn(bastion, cluster, signal).run([
    ...['delete', 'namespace', probeNamespace, '--ignore-not-found', '--wait=false'],
  ]);
}
