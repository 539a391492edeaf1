import { kubectlOn } from './kubectl.ts';
import type { NodeObject } from './kubernetes-objects.ts';
import { controlPlaneLabel } from './mark-control-plane.ts';
import { type StepBody, notYet, step } from './step.ts';

/** The label alone: a promoted node got no taint, so one that it has is a person's. */
const body: StepBody<'unlabel-demoted-node'> = async (call, { host, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const isLabelled = async () => {
    const { metadata } = await kubectl.get<NodeObject>(['get', 'node', call.node]);
    return controlPlaneLabel in (metadata.labels ?? {});
  };
  if (!(await isLabelled())) return { changed: false, summary: `${call.node} is not labelled control-plane` };
  await kubectl.run(['label', 'node', call.node, `${controlPlaneLabel}-`]);
  if (await isLabelled())
    throw notYet(
      host.name,
      `${call.node} is labelled control-plane after the label was taken off`,
      `holdfast kubectl ${call.cluster} -- get node ${call.node} --show-labels`,
    );
  return { changed: true, summary: `${call.node} is not labelled control-plane any more` };
};

export const unlabelDemotedNode = step('unlabel-demoted-node', body);
