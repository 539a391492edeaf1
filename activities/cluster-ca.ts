import { X509Certificate } from 'node:crypto';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { bastionPaths } from './bastion-paths.ts';
import { firstOf } from './backup-places.ts';
import { problem } from './step.ts';

/** The cluster's CA certificate, PEM: as a control-plane node has it, or where none answers the bastion's kubeconfig. */
export async function clusterCa(
  bastion: Host,
  { cluster, controlPlane }: { readonly cluster: string; readonly controlPlane: readonly string[] },
  other: (name: string) => Host,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await firstOf(controlPlane, other, async (host) => {
      const pem = await host.readFile('/etc/kubernetes/ssl/ca.crt', { sudo: true, signal });
      return certificate(pem, host.name, 'has no /etc/kubernetes/ssl/ca.crt');
    });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const kubeconfig = await bastion.readFile(bastionPaths(cluster).kubeconfig, { sudo: true, signal });
    const encoded = /certificate-authority-data: *(\S+)/.exec(String(kubeconfig))?.[1];
    const pem = encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
    return certificate(pem, bastion.name, `its kubeconfig names no CA, and no control-plane node answers`);
  }
}

function certificate(pem: Buffer | undefined, host: string, absent: string): string {
  try {
    if (pem) return new X509Certificate(pem).toString();
  } catch {
    throw problem(host, 'the CA’s certificate cannot be read', 'Look at /etc/kubernetes/ssl/ca.crt.');
  }
  throw problem(host, absent, 'holdfast up puts it right.');
}
