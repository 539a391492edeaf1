import type { InventoryInput } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { apiServerManifest } from './api-server-pod.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type StepTools, problem } from './step.ts';

type Input = Pick<InventoryInput, 'hosts' | 'candidates'> & { readonly cluster: string };

/**
 * To Kubespray a promoted worker node is a worker node alone: an upgrade or a new setting would pass its API server by,
 * and where it is the last that holds the CA, Kubespray would make a new one. So none may be there while it runs.
 */
export async function refuseWhilePromoted(call: Input, tools: StepTools): Promise<void> {
  const workers = call.hosts.filter(({ roles }) => !roles.includes('control-plane')).map(({ name }) => name);
  const asked = workers.filter((name) => call.candidates.includes(name));
  const [labelled, ...answers] = await Promise.all([
    labelledNodes(call, tools),
    ...asked.map(async (name) => ({ name, promoted: await isPromoted(name, tools) })),
  ]);
  const serve = new Set(answers.filter(({ promoted }) => promoted).map(({ name }) => name));
  const [first, ...more] = workers.filter((name) => serve.has(name) || labelled.includes(name));
  if (first === undefined) return;
  const { cluster } = call;
  throw problem(
    tools.host.name,
    `Kubespray must run, and knows nothing of promoted worker nodes: ${[first, ...more].join(', ')}`,
    `Demote it first: holdfast abort ${cluster} --reason '…', holdfast demote ${cluster} --host ${first} --reason '…', then holdfast up again.`,
  );
}

/** What the cluster itself calls control-plane nodes, a host that is no candidate any more among them; none where it does not answer. */
async function labelledNodes({ cluster }: Input, { host, signal }: StepTools): Promise<readonly string[]> {
  const { kubeconfig } = bastionPaths(cluster);
  const { stdout } = await host.run(
    sh`[ -r ${kubeconfig} ] || exit 0
kubectl --kubeconfig ${kubeconfig} --request-timeout=10s get nodes -l node-role.kubernetes.io/control-plane -o name 2> /dev/null || true`,
    { sudo: true, signal, timeout: 30 },
  );
  return stdout.split('\n').map((line) => line.replace(/^node\//, ''));
}

/** Not knowing is no leave to go on; but a host that is off should be said to a person before the night is over. */
async function isPromoted(name: string, { host, other, signal, lastTry }: StepTools): Promise<boolean> {
  try {
    const { code } = await other(name).run(sh`test -e ${apiServerManifest}`, {
      sudo: true,
      signal,
      ok: [0, 1],
    });
    return code === 0;
  } catch (error) {
    if (!(error instanceof HostError) || error.kind !== 'ConnectionLost' || !lastTry) throw error;
    throw problem(
      host.name,
      `whether ${name} is promoted is not known: ${error.message}`,
      'Switch it on, or take it out of the spec; then retry.',
    );
  }
}
