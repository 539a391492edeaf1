import { type StepBody, notYet, step } from './step.ts';
import { type Kubectl, kubectlOn } from './kubectl.ts';
import { type List, type PodObject, isReady } from './kubernetes-objects.ts';

interface Deployment {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly spec: { readonly topologySpreadConstraints?: readonly Constraint[] } };
  };
}

interface Constraint {
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly matchLabelKeys?: readonly string[];
}

const body: StepBody<'spread-dns'> = async (call, { host, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const before = await placement(kubectl);
  const wrong = whyNotSpread(before, call);
  if (wrong === undefined) return { changed: false, summary: `CoreDNS runs on ${before.hosts.join(', ')}` };

  await move(kubectl, before, call);
  await kubectl.run([...namespace, 'rollout', 'status', 'deployment/coredns', '--timeout=120s'], {
    timeout: 150,
  });
  const after = await placement(kubectl);
  const still = whyNotSpread(after, call);
  if (still !== undefined)
    throw notYet(
      host.name,
      `CoreDNS was ${wrong}, and is ${still}`,
      'holdfast kubectl -- -n kube-system describe pods -l k8s-app=kube-dns',
    );
  return { changed: true, summary: `CoreDNS was ${wrong}; now on ${after.hosts.join(', ')}` };
};

export const spreadDns = step('spread-dns', body);

const namespace = ['-n', 'kube-system'];

interface Placement {
  readonly pods: readonly PodObject[];
  /** Where Ready ones run, each once. */
  readonly hosts: readonly string[];
}

async function placement(kubectl: Kubectl): Promise<Placement> {
  const { items } = await kubectl.get<List<PodObject & { metadata: { deletionTimestamp?: string } }>>([
    ...namespace,
    ...['get', 'pods', '-l', 'k8s-app=kube-dns'],
  ]);
  // A pod that is on its way out still says Ready.
  const pods = items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const hosts = pods.filter(isReady).flatMap((pod) => pod.spec.nodeName ?? []);
  return { pods, hosts: [...new Set(hosts)].sort() };
}

type Nodes = { readonly controlPlane: readonly string[]; readonly workerNodes: readonly string[] };

function whyNotSpread({ hosts }: Placement, { controlPlane, workerNodes }: Nodes): string | undefined {
  const possible = new Set([...controlPlane, ...workerNodes]).size;
  if (hosts.length < Math.min(2, possible)) return `on ${hosts.join(', ') || 'no host'} alone`;
  const masters = hosts.every((host) => controlPlane.includes(host) && !workerNodes.includes(host));
  const elsewhere = workerNodes.some((name) => !controlPlane.includes(name));
  return masters && elsewhere ? `on control-plane nodes alone (${hosts.join(', ')})` : undefined;
}

/** Says once where the pods belong, which rolls them over; later one pod at a time is made to look for a new place. */
async function move(kubectl: Kubectl, { pods }: Placement, { controlPlane }: Nodes): Promise<void> {
  const deployment = await kubectl.get<Deployment>([...namespace, 'get', 'deployment', 'coredns']);
  const replicas = deployment.spec.replicas ?? 1;
  if (replicas < 2 || !hasRule(deployment)) {
    const patch = JSON.stringify(wanted(Math.max(2, replicas)));
    await kubectl.run([...namespace, 'patch', 'deployment', 'coredns', '--type=merge', '-p', patch]);
    return;
  }
  // While one is not Ready, it is the one on its way.
  if (pods.length < replicas || pods.some((pod) => !isReady(pod))) return;
  const crowd = pods.toSorted((a, b) => weight(b, pods, controlPlane) - weight(a, pods, controlPlane))[0];
  if (crowd)
    await kubectl.run([...namespace, 'delete', 'pod', crowd.metadata.name, '--wait=true', '--timeout=60s'], {
      timeout: 90,
    });
}

/** The more pods on its host, the sooner it goes; of equals the one on the control plane. */
function weight(pod: PodObject, pods: readonly PodObject[], controlPlane: readonly string[]): number {
  const together = pods.filter((other) => other.spec.nodeName === pod.spec.nodeName).length;
  return together * 2 + (controlPlane.includes(pod.spec.nodeName ?? '') ? 1 : 0);
}

/** Read from what is enforced: Kubespray's next run may have put its own template back. */
function hasRule({ spec }: Deployment): boolean {
  return (spec.template.spec.topologySpreadConstraints ?? []).some(
    (one) =>
      one.topologyKey === 'kubernetes.io/hostname' &&
      one.whenUnsatisfiable === 'DoNotSchedule' &&
      one.matchLabelKeys?.includes('pod-template-hash'),
  );
}

/**
 * Kubespray's own rule prefers the control plane, kubeadm's none: so losing all masters would take DNS with them.
 * `matchLabelKeys`: pods of the old revision do not count, or a rollover on two nodes could never begin.
 */
function wanted(replicas: number) {
  return {
    spec: {
      replicas,
      template: {
        spec: {
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  preference: {
                    matchExpressions: [
                      { key: 'node-role.kubernetes.io/control-plane', operator: 'DoesNotExist' },
                    ],
                  },
                },
              ],
            },
            podAntiAffinity: null,
          },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              // A host that is down carries a taint, and must not keep a place empty.
              nodeTaintsPolicy: 'Honor',
              labelSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              matchLabelKeys: ['pod-template-hash'],
            },
          ],
        },
      },
    },
  };
}
