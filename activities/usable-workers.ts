import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepTools, notYet } from './step.ts';
import type { Kubectl } from './kubectl.ts';
import { type List, type NodeObject, isReady } from './kubernetes-objects.ts';

/** A worker node on which a pod of the sandbox image can run. */
export interface Worker {
  readonly name: string;
  readonly image: string;
}

/**
 * Two of the worker nodes, or the one that there is. Fewer can be used: `NotYet`, or what is said of two would have
 * been seen on one.
 */
export async function usableWorkers(
  kubectl: Kubectl,
  names: readonly string[],
  { host, other, signal }: Pick<StepTools, 'host' | 'other' | 'signal'>,
): Promise<readonly Worker[]> {
  const { items } = await kubectl.get<List<NodeObject>>(['get', 'nodes']);
  const ready = new Set(items.filter(isReady).map((node) => node.metadata.name));
  const wanted = Math.max(1, Math.min(2, names.length));
  const found: Worker[] = [];
  const why: string[] = [];
  for (const name of names) {
    if (found.length === wanted) break;
    if (!ready.has(name)) why.push(`${name} is not Ready`);
    else
      try {
        const image = await sandboxImage(name, { other, signal });
        if (image === undefined) why.push(`${name} has no image of pause`);
        else found.push({ name, image });
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        why.push(`${error.host}: ${error.message.slice(0, 200)}`);
      }
  }
  if (found.length === wanted) return found;
  throw notYet(
    host.name,
    `${found.length} of ${wanted} worker nodes can be used: ${why.join('; ')}`,
    'holdfast kubectl -- get nodes',
  );
}

/** Asked of the node: kubelet tells the API of its 50 largest images only, and this one is the smallest. */
async function sandboxImage(
  name: string,
  { other, signal }: Pick<StepTools, 'other' | 'signal'>,
): Promise<string | undefined> {
  const { stdout } = await other(name).run(sh`ctr -n k8s.io images ls -q`, { sudo: true, signal });
  return stdout.split('\n').find((image) => /\/pause:/.test(image));
}
