import { type Kubectl, kubectlOn } from './kubectl.ts';
import type { List, NodeObject } from './kubernetes-objects.ts';
import { type StepBody, notYet, step } from './step.ts';

export const controlPlaneLabel = 'node-role.kubernetes.io/control-plane';
/** Load balancers of Services leave out nodes with it. */
export const excludedLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

/**
 * A control-plane node whose Node object was deleted registers again as any node does. It is marked as soon as it is
 * there, before it runs anything. Only one that lacks the label is: a taint that a person removed stays away.
 */
const body: StepBody<'mark-control-plane'> = async (call, { host, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const unmarked = await unmarkedOf(
    call.nodes.map(({ name }) => name),
    kubectl,
  );
  for (const { name, taint, labels = {} } of call.nodes.filter((node) => unmarked.includes(node.name))) {
    if (taint) await kubectl.run(['taint', 'node', name, '--overwrite', `${controlPlaneLabel}=:NoSchedule`]);
    // Those of the spec went with the Node object too, and Kubespray sets them only when it runs.
    const own = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    if (own.length > 0) await kubectl.run(['label', 'node', name, '--overwrite', ...own]);
    // This label last: it says that all is done.
    await kubectl.run([
      ...['label', 'node', name, '--overwrite', `${controlPlaneLabel}=`],
      ...(taint ? [`${excludedLabel}=`] : []),
    ]);
  }
  const still = unmarked.length > 0 ? await unmarkedOf(unmarked, kubectl) : [];
  if (still.length > 0)
    throw notYet(
      host.name,
      `not labelled after it was: ${still.join(', ')}`,
      `holdfast kubectl ${call.cluster} -- get nodes --show-labels`,
    );
  return unmarked.length > 0
    ? { changed: true, summary: `marked as control plane: ${unmarked.join(', ')}` }
    : { changed: false, summary: 'control-plane nodes are marked as such' };
};

export const markControlPlane = step('mark-control-plane', body);

async function unmarkedOf(names: readonly string[], kubectl: Kubectl): Promise<readonly string[]> {
  const { items } = await kubectl.get<List<NodeObject>>(['get', 'nodes']);
  return items
    .filter(
      ({ metadata: { name, labels } }) => names.includes(name) && !(labels && controlPlaneLabel in labels),
    )
    .map(({ metadata }) => metadata.name);
}
