import { kubectlOn } from './kubectl.ts';
import type { NodeObject } from './kubernetes-objects.ts';
import { type StepBody, notYet, step } from './step.ts';

const role = 'node-role.kubernetes.io/control-plane';
/** Load balancers of Services leave out nodes with it; this one stays a worker. */
const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** The label of a control-plane node, and no taint: it goes on carrying pods. */
const body: StepBody<'label-promoted-node'> = async (call, { host, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const isRight = async () => {
    const labels = (await kubectl.get<NodeObject>(['get', 'node', call.node])).metadata.labels ?? {};
    return role in labels && !(excluded in labels);
  };
  if (await isRight()) return { changed: false, summary: `${call.node} is labelled control-plane` };
  await kubectl.run(['label', 'node', call.node, '--overwrite', `${role}=`, `${excluded}-`]);
  if (!(await isRight()))
    throw notYet(
      host.name,
      `${call.node} is not labelled after it was`,
      `holdfast kubectl ${call.cluster} -- get node ${call.node} --show-labels`,
    );
  return { changed: true, summary: `${call.node} labelled control-plane, without a taint` };
};

export const labelPromotedNode = step('label-promoted-node', body);
