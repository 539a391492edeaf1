import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';
import { type Kubectl, kubectlOn } from './kubectl.ts';
import { type List, type PodObject, isReady } from './kubernetes-objects.ts';
import { type Worker, usableWorkers } from './usable-workers.ts';

const namespace = 'holdfast-check';

/**
 * A claim is bound, mounted on two worker nodes, written through the mount of one and read back through the other's.
 * The pods run the sandbox image, which every node has: so the check needs no image from anywhere.
 */
const body: StepBody<'check-storage'> = async (call, tools) => {
  const { host, signal } = tools;
  const kubectl = kubectlOn(host, call.cluster, signal);
  await removeLeftovers(kubectl);
  const nodes = await usableWorkers(kubectl, Object.keys(call.others), tools);
  const [writer, reader] = [nodes[0], nodes[1] ?? nodes[0]] as [Worker, Worker];
  try {
    await kubectl.run(['apply', '-f', '-'], { stdin: manifest(call.nfs.storageClass, [writer, reader]) });
    const pods = await runningPods(kubectl, host.name, call.nfs.storageClass, signal);
    const written = `holdfast ${call.change} ${pods.map((pod) => pod.metadata.uid).join(' ')}`;
    await write(tools.other(writer.name), pods[0] as PodObject, written, signal);
    const read = await readBack(tools.other(reader.name), pods[1] as PodObject, signal);
    if (read !== written) {
      throw problem(
        reader.name,
        `what ${writer.name} wrote into a claim, ${reader.name} reads as "${read.slice(0, 200)}"`,
        'Look at the NFS server and its export.',
      );
    }
    // The folder of a claim that is gone may stay on the server, as the storage class says: without data of ours.
    await erase(tools.other(reader.name), pods[1] as PodObject, signal);
    return {
      changed: false,
      summary: `a claim of ${call.nfs.storageClass} bound, written on ${writer.name}, read back on ${reader.name}`,
    };
  } finally {
    await leave(tools, call.cluster);
  }
};

export const checkStorage = step('check-storage', body);

function manifest(storageClass: string, nodes: readonly Worker[]): string {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'claim', namespace },
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName: storageClass,
      resources: { requests: { storage: '1Mi' } },
    },
  };
  const pods = nodes.map((node, i) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${i}`, namespace },
    spec: {
      // Bound to the node through the scheduler, not around it: the scheduler is part of what must work.
      nodeSelector: { 'kubernetes.io/hostname': node.name },
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'wait',
          image: node.image,
          imagePullPolicy: 'IfNotPresent',
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }],
    },
  }));
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, claim, ...pods];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

async function runningPods(
  kubectl: Kubectl,
  host: string,
  storageClass: string,
  signal: AbortSignal,
): Promise<readonly PodObject[]> {
  const wait = ['-n', namespace, 'wait', '--for=condition=Ready', '--timeout=120s', 'pod/pod-0', 'pod/pod-1'];
  const waited = await kubectl.run(wait, { ok: 'any', timeout: 150, signal });
  const { items } = await kubectl.get<List<PodObject>>([
    '-n',
    namespace,
    'get',
    'pods',
    '--sort-by=.metadata.name',
  ]);
  if (items.length === 2 && items.every(isReady)) return items;
  const events = await kubectl.run(['-n', namespace, 'get', 'events', '--sort-by=.lastTimestamp'], {
    ok: 'any',
  });
  throw notYet(
    host,
    `pods that mount a claim of ${storageClass} did not start: ${waited} ${events.slice(-1200)}`,
    'Look at the provisioner: holdfast kubectl -- get pods -A, and at the NFS server.',
  );
}

async function write(node: Host, pod: PodObject, text: string, signal: AbortSignal): Promise<void> {
  await node.run(
    sh`set -e; d=$(ls -d ${volumes(pod)}*/ | head -n 1); cat > "$d/written"; sync "$d/written"`,
    { sudo: true, stdin: text, signal },
  );
}

async function readBack(node: Host, pod: PodObject, signal: AbortSignal): Promise<string> {
  const { stdout } = await node.run(sh`set -e; d=$(ls -d ${volumes(pod)}*/ | head -n 1); cat "$d/written"`, {
    sudo: true,
    signal,
  });
  return stdout.trim();
}

async function erase(node: Host, pod: PodObject, signal: AbortSignal): Promise<void> {
  await node.run(sh`set -e; d=$(ls -d ${volumes(pod)}*/ | head -n 1); rm -- "$d/written"`, {
    sudo: true,
    signal,
  });
}

function volumes(pod: PodObject): string {
  return `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~nfs/`;
}

async function removeLeftovers(kubectl: Kubectl): Promise<void> {
  await kubectl.run(['delete', 'namespace', namespace, '--ignore-not-found', '--wait', '--timeout=90s'], {
    timeout: 120,
  });
}

/** Takes the check's objects away even when the step was cancelled: so not bound to its signal, and bounded in time. */
async function leave(tools: StepTools, cluster: string): Promise<void> {
  const args = ['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'];
  await kubectlOn(tools.host, cluster, AbortSignal.timeout(30_000))
    .run(args, { ok: 'any', timeout: 30 })
    .catch(() => undefined);
}
