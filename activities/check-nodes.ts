import { type StepBody, notYet, step } from './step.ts';
import { kubectlOn } from './kubectl.ts';
import { type List, type NodeObject, isReady } from './kubernetes-objects.ts';

const body: StepBody<'check-nodes'> = async (call, { host, signal }) => {
  const { items } = await kubectlOn(host, call.cluster, signal).get<List<NodeObject>>(['get', 'nodes']);
  const wrong = [
    ...[...call.controlPlane, ...call.workerNodes].flatMap((name) => wrongWith(name, items, call.version)),
    ...call.controlPlane
      .filter((name) => !isControlPlane(find(items, name)))
      .map((name) => `${name} is not labelled control-plane`),
  ];
  if (wrong.length > 0) {
    throw notYet(
      host.name,
      wrong.join('; '),
      `holdfast kubectl -- describe node, and journalctl -u kubelet on that host`,
    );
  }
  return {
    changed: false,
    summary: `${items.length} nodes Ready, ${call.controlPlane.length} of them control plane, v${call.version}`,
  };
};

export const checkNodes = step('check-nodes', body);

function wrongWith(name: string, nodes: readonly NodeObject[], version: string): string[] {
  const node = find(nodes, name);
  if (!node) return [`${name} is no node of the cluster`];
  if (!isReady(node)) {
    const ready = node.status?.conditions?.find((c) => c.type === 'Ready');
    return [`${name} is not Ready (${ready?.reason ?? 'no condition'}: ${ready?.message ?? ''})`];
  }
  const kubelet = node.status?.nodeInfo?.kubeletVersion ?? 'unknown';
  return kubelet === `v${version}` ? [] : [`${name} runs kubelet ${kubelet}, not v${version}`];
}

function find(nodes: readonly NodeObject[], name: string): NodeObject | undefined {
  return nodes.find((node) => node.metadata.name === name);
}

function isControlPlane(node: NodeObject | undefined): boolean {
  // A missing node is reported already, as missing.
  return !node || node.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined;
}
