import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { kubectlOn } from './kubectl.ts';
import type { List, NodeObject } from './kubernetes-objects.ts';

const body: StepBody<'check-access'> = async (call, { host, signal }) => {
  const { kubeconfig } = bastionPaths(call.cluster);
  const { stdout } = await host.run(sh`stat -c '%a %U' ${kubeconfig}`, { sudo: true, signal });
  if (stdout.trim() !== '600 root')
    throw problem(
      host.name,
      `${kubeconfig} may be read by others (${stdout.trim()})`,
      `chown root ${kubeconfig}; chmod 600 ${kubeconfig}`,
    );
  const kubectl = kubectlOn(host, call.cluster, signal);
  const server = (
    await kubectl.run(['config', 'view', '-o', 'jsonpath={.clusters[*].cluster.server}'])
  ).trim();
  if (server.replace('https://', '') !== call.server.replace('https://', ''))
    throw problem(
      host.name,
      `the kubeconfig goes to ${server}, not to ${call.server}`,
      'holdfast retry --step copy-kubeconfig',
    );
  const { items } = await kubectl.get<List<NodeObject>>(['get', 'nodes']);
  const missing = call.nodes.filter((name) => !items.some((node) => node.metadata.name === name));
  if (missing.length > 0)
    throw notYet(
      host.name,
      `the API at ${call.server} does not list ${missing.join(', ')}`,
      'Look at journalctl -u kubelet on these hosts.',
    );
  return { changed: false, summary: `kubectl lists ${items.length} nodes through ${call.server}` };
};

export const checkAccess = step('check-access', body);
