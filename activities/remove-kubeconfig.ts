import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { kubeconfigHeading } from './copy-kubeconfig.ts';
import { type StepBody, step } from './step.ts';

/** The kubeconfigs of a cluster that is no more; root's own only where it is that cluster's, and holdfast wrote it. */
const body: StepBody<'remove-kubeconfig'> = async ({ cluster }, { host, signal }) => {
  const { kubeconfig, rootKubeconfig } = bastionPaths(cluster);
  const roots = await host.readFile(rootKubeconfig, { sudo: true, signal });
  const isOurs = roots?.toString().startsWith(kubeconfigHeading(cluster)) ?? false;
  const ours = [kubeconfig, ...(isOurs ? [rootKubeconfig] : [])];
  const { stdout } = await host.run(
    sh`for file in ${ours}; do if [ -e "$file" ]; then rm -f -- "$file"; echo "$file"; fi; done`,
    { sudo: true, signal },
  );
  const gone = stdout.trim().split('\n').filter(Boolean);
  return gone.length > 0
    ? { changed: true, summary: `removed: ${gone.join(', ')}` }
    : { changed: false, summary: 'no kubeconfig of this cluster is there' };
};

export const removeKubeconfig = step('remove-kubeconfig', body);
