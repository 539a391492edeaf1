import type { InventoryHost } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import type { StepTools } from './step.ts';
import { etcdctl } from './etcdctl.ts';
import { type List, type NodeObject, isReady } from './kubernetes-objects.ts';

type Health = readonly { readonly endpoint: string; readonly health: boolean }[];
type Tools = Pick<StepTools, 'other' | 'signal'>;

/**
 * Why the cluster does not serve as the inventory says; undefined where every node is Ready and every etcd member
 * healthy. Asked on the hosts themselves (admin.conf, etcd.env): the bastion may have no kubeconfig yet.
 */
export async function whyNotServing(
  hosts: readonly InventoryHost[],
  tools: Tools,
): Promise<string | undefined> {
  const withRole = (role: InventoryHost['roles'][number]) =>
    hosts.filter(({ roles }) => roles.includes(role)).map(({ name }) => name);
  const wanted = [...new Set([...withRole('control-plane'), ...withRole('worker')])];
  const etcd = withRole('etcd');
  return (await nodesWrong(wanted, withRole('control-plane'), tools)) ?? (await etcdWrong(etcd, tools));
}

/** Where to look when `whyNotServing` has something to say after a playbook. */
export const lookAtServing = 'Look at the kubelets and API servers of these hosts';

/** True when any control-plane node's API answers a person with its admin.conf. */
export async function apiAnswers(controlPlane: readonly string[], tools: Tools): Promise<boolean> {
  return (
    (await firstAnswer(controlPlane, tools, (host) =>
      adminKubectl(host, ['get', '--raw', '/readyz'], tools),
    )) !== undefined
  );
}

/** Of all Node objects; undefined where no control-plane node answers. */
export async function nodeNames(
  controlPlane: readonly string[],
  tools: Tools,
): Promise<readonly string[] | undefined> {
  return (await nodeObjects(controlPlane, tools))?.map(({ metadata }) => metadata.name);
}

function nodeObjects(controlPlane: readonly string[], tools: Tools) {
  return firstAnswer(controlPlane, tools, async (host) => {
    const text = await adminKubectl(host, ['get', 'nodes', '-o', 'json'], tools);
    return (JSON.parse(text) as List<NodeObject>).items;
  });
}

async function nodesWrong(wanted: readonly string[], controlPlane: readonly string[], tools: Tools) {
  const nodes = await nodeObjects(controlPlane, tools);
  if (!nodes) return 'no control-plane node answers for the cluster';
  const ready = new Set(nodes.filter(isReady).map((node) => node.metadata.name));
  const missing = wanted.filter((name) => !ready.has(name));
  return missing.length > 0 ? `not Ready: ${missing.join(', ')}` : undefined;
}

async function etcdWrong(etcd: readonly string[], tools: Tools) {
  const health = await firstAnswer(etcd, tools, (host) =>
    etcdctl<Health>(host, ['endpoint', 'health', '--cluster'], tools.signal),
  );
  if (!health) return 'no etcd host answers';
  const well = health.filter((endpoint) => endpoint.health).length;
  return well === health.length && well >= etcd.length
    ? undefined
    : `${well} of ${etcd.length} etcd members are healthy`;
}

async function adminKubectl(host: Host, args: readonly string[], { signal }: Tools): Promise<string> {
  const command = sh`kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s ${args}`;
  return (await host.run(command, { sudo: true, signal, timeout: 30, maxBytes: 32 * 1024 * 1024 })).stdout;
}

async function firstAnswer<T>(
  names: readonly string[],
  { other, signal }: Tools,
  ask: (host: Host) => Promise<T>,
) {
  for (const name of names) {
    try {
      return await ask(other(name));
    } catch (error) {
      signal.throwIfAborted();
      // Half an answer is none.
      if (!(error instanceof HostError || error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}
