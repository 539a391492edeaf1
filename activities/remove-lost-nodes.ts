import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type Kubectl, kubectlOn } from './kubectl.ts';
import type { List, ObjectMeta } from './kubernetes-objects.ts';
import { type StepBody, notYet, step } from './step.ts';

/** A kubelet renews its lease every 10 s: one that has done so in this time lives. */
const aliveSeconds = 25;

/**
 * Pods of kube-system on lost nodes go at once: nothing else takes CoreDNS' and the controllers' places for minutes. Any
 * other pod may write to a volume still, if its host only seems lost: it stays until a person says that the host is off.
 * So does its Node object: without it, Kubernetes itself deletes such pods by force.
 */
const body: StepBody<'remove-lost-nodes'> = async (call, { host, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const back = await alive(kubectl, host, call.lost, signal);
  const lost = call.lost.filter((name) => !back.includes(name));
  const nodes = await present(kubectl, lost);
  const on = (await podsOn(kubectl, lost)).filter((pod) => !isNodesOwn(pod));
  const own = on.filter(({ metadata }) => metadata.namespace === 'kube-system');
  const others = on.filter((pod) => !own.includes(pod));
  const keep = new Set(others.map(({ spec }) => spec.nodeName));
  const go = nodes.filter((name) => !keep.has(name));
  if (own.length > 0)
    await kubectl.run([
      ...[
        '-n',
        'kube-system',
        'delete',
        'pods',
        '--force',
        '--grace-period=0',
        '--wait=false',
        '--ignore-not-found',
      ],
      ...own.map(({ metadata }) => metadata.name),
    ]);
  if (go.length > 0) await kubectl.run(['delete', 'nodes', '--wait=false', '--ignore-not-found', ...go]);
  const still = go.length > 0 ? await present(kubectl, go) : [];
  if (still.length > 0)
    throw notYet(
      host.name,
      `${still.join(', ')} is still a node after it was deleted`,
      'Has its kubelet come back? holdfast kubectl -- get nodes',
    );
  return { changed: own.length + go.length > 0, ...told({ go, own, others, back }) };
};

export const removeLostNodes = step('remove-lost-nodes', body);

interface Pod {
  readonly metadata: ObjectMeta & {
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly spec: { readonly nodeName?: string };
}

interface Lease {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly renewTime?: string };
}

/** Of a static pod the object is a picture only, and a DaemonSet has no other place for its pods: both go with their node. */
function isNodesOwn({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Node' || kind === 'DaemonSet') ?? false;
}

async function alive(kubectl: Kubectl, bastion: Host, names: readonly string[], signal: AbortSignal) {
  const [{ items }, { stdout }] = await Promise.all([
    kubectl.get<List<Lease>>(['-n', 'kube-node-lease', 'get', 'leases']),
    // Clocks of hosts are compared with each other before a cluster is made; the worker's may be another.
    bastion.run(sh`date +%s`, { signal }),
  ]);
  const now = Number(stdout.trim());
  const fresh = items.filter(({ spec }) => now - Date.parse(spec?.renewTime ?? '') / 1000 < aliveSeconds);
  return names.filter((name) => fresh.some(({ metadata }) => metadata.name === name));
}

async function present(kubectl: Kubectl, names: readonly string[]): Promise<readonly string[]> {
  const { items } = await kubectl.get<List<{ metadata: ObjectMeta }>>(['get', 'nodes']);
  return names.filter((name) => items.some(({ metadata }) => metadata.name === name));
}

async function podsOn(kubectl: Kubectl, names: readonly string[]): Promise<readonly Pod[]> {
  const each = names.map((name) =>
    kubectl.get<List<Pod>>(['get', 'pods', '--all-namespaces', '--field-selector', `spec.nodeName=${name}`]),
  );
  return (await Promise.all(each)).flatMap(({ items }) => items);
}

function told({ go, own, others, back }: Found): { summary: string; problem?: string } {
  const names = others.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const on = [...new Set(others.map(({ spec }) => spec.nodeName))].join(' ');
  const done = `${go.length > 0 ? `removed ${go.join(', ')}` : 'no node to remove'}, ${own.length} pods of kube-system deleted`;
  const problem = [
    ...(back.length > 0 ? [`${back.join(', ')} lives, and stays`] : []),
    ...(others.length > 0
      ? [
          `${others.length} other pods (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}) wait for the word that ${on} is off: kubectl taint node ${on} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`,
        ]
      : []),
  ].join('; ');
  return problem === '' ? { summary: done } : { summary: `${done}; ${problem}`, problem };
}

interface Found {
  readonly go: readonly string[];
  readonly own: readonly Pod[];
  readonly others: readonly Pod[];
  readonly back: readonly string[];
}
