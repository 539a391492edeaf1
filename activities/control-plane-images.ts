import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepTools, problem } from './step.ts';

/** As the static pods of the first control-plane node that answers name them: a promotion writes the same manifests. */
export async function controlPlaneImages(
  controlPlane: readonly string[],
  { host, other, signal }: Pick<StepTools, 'host' | 'other' | 'signal'>,
) {
  const why: string[] = [];
  for (const name of controlPlane) {
    try {
      const { stdout } = await other(name).run(
        sh`cd /etc/kubernetes/manifests && sed -n 's/^ *image: *//p' kube-apiserver.yaml kube-controller-manager.yaml kube-scheduler.yaml`,
        { sudo: true, signal },
      );
      const images = [
        ...new Set(stdout.split('\n').map((line) => line.trim().replace(/^(["'])(.*)\1$/, '$2'))),
      ].filter((image) => image !== '');
      if (images.length >= 3) return images;
      why.push(`${name} names ${images.length} images`);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      why.push(`${name}: ${error.message.slice(0, 200)}`);
    }
  }
  throw problem(
    host.name,
    `no control-plane node tells its images: ${why.join('; ')}`,
    'Look at /etc/kubernetes/manifests on the control-plane hosts.',
  );
}

/** Those that a host's container runtime does not have. */
export async function absentImages(
  images: readonly string[],
  host: Host,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (images.length === 0) return [];
  // Without an answer of the runtime itself, "not there" would be a guess.
  const { stdout } = await host.run(
    sh`crictl version >/dev/null && for image in ${images}; do crictl inspecti -q "$image" >/dev/null 2>&1 || echo "$image"; done`,
    { sudo: true, signal },
  );
  return stdout.split('\n').filter((image) => image !== '');
}
