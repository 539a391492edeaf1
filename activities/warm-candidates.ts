import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';

const body: StepBody<'warm-candidates'> = async (call, tools) => {
  const { host, signal } = tools;
  const images = await runningImages(call.controlPlane, tools);
  const missing = await absent(images, tools);
  for (const image of missing) await host.run(sh`crictl pull ${image}`, { sudo: true, signal, timeout: 600 });
  const still = await absent(missing, tools);
  if (still.length > 0)
    throw notYet(
      host.name,
      `pulled and still not there: ${still.join(', ')}`,
      'Look at crictl images on that host.',
    );
  return missing.length > 0
    ? { changed: true, summary: `pulled ${missing.join(', ')}` }
    : { changed: false, summary: `${images.length} control-plane images are there` };
};

export const warmCandidates = step('warm-candidates', body);

/** As the static pods of the first control-plane node that answers name them: a promotion writes the same manifests. */
async function runningImages(controlPlane: readonly string[], { host, other, signal }: StepTools) {
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

async function absent(images: readonly string[], { host, signal }: StepTools): Promise<readonly string[]> {
  if (images.length === 0) return [];
  // Without an answer of the runtime itself, "not there" would be a guess.
  const { stdout } = await host.run(
    sh`crictl version >/dev/null && for image in ${images}; do crictl inspecti -q "$image" >/dev/null 2>&1 || echo "$image"; done`,
    { sudo: true, signal },
  );
  return stdout.split('\n').filter((image) => image !== '');
}
