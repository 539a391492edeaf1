import { dump, load } from 'js-yaml';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, problem, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';

interface Kubeconfig {
  readonly clusters?: readonly { readonly name: string; readonly cluster: Record<string, unknown> }[];
  readonly users?: readonly unknown[];
}

const body: StepBody<'copy-kubeconfig'> = async (call, tools) => {
  const { host, signal } = tools;
  const paths = bastionPaths(call.cluster);
  const heading = kubeconfigHeading(call.cluster);
  const from = await adminConf(call.controlPlane, tools);
  const content = heading + withServer(from, call.server, host.name);
  const file = { content, mode: 0o600, sudo: true, secret: true, signal };

  await host.run(sh`install -d -m 0700 ${paths.root} /root/.kube`, { sudo: true, signal });
  const ours = await host.writeFile({ ...file, path: paths.kubeconfig });
  // Someone's own file for another cluster is left alone.
  const roots = (await host.readFile(paths.rootKubeconfig, { sudo: true, signal }))?.toString();
  const mayWrite = roots === undefined || roots.startsWith(heading);
  const theirs = mayWrite && (await host.writeFile({ ...file, path: paths.rootKubeconfig })).changed;
  const changed = ours.changed || theirs;
  return {
    changed,
    summary: `kubeconfig for ${call.server} ${changed ? 'written' : 'is there'}${mayWrite ? '' : `; ${paths.rootKubeconfig} is another cluster's and was left alone`}`,
  };
};

export const copyKubeconfig = step('copy-kubeconfig', body);

/** A file that begins so is ours, and is this cluster's. */
export const kubeconfigHeading = (cluster: string): string =>
  `# Written by holdfast for the cluster ${cluster}: changes made here are overwritten.\n`;

/** From the first control-plane node that has one and whose own API answers with it. */
async function adminConf(
  controlPlane: readonly string[],
  { host, other, signal }: StepTools,
): Promise<string> {
  const why: string[] = [];
  for (const name of controlPlane) {
    try {
      const path = '/etc/kubernetes/admin.conf';
      await other(name).run(sh`kubectl --kubeconfig ${path} --request-timeout=10s get --raw /readyz`, {
        sudo: true,
        signal,
      });
      const content = await other(name).readFile(path, { sudo: true, signal });
      if (content) return content.toString();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      why.push(`${name}: ${error.message.slice(0, 200)}`);
    }
  }
  throw new HostError(
    'NotYet',
    host.name,
    `no control-plane node gives an admin.conf that works: ${why.join('; ')}`,
    {
      next: 'Look at the API servers: crictl ps on the control-plane hosts.',
    },
  );
}

/** The parser's own message would show what stands in the file. */
function withServer(text: string, server: string, host: string): string {
  let config: Kubeconfig | undefined;
  try {
    config = load(text) as Kubeconfig;
  } catch {
    config = undefined;
  }
  if (!config?.clusters?.length || !config.users?.length)
    throw problem(
      host,
      'admin.conf is no kubeconfig',
      'Look at /etc/kubernetes/admin.conf on the control plane.',
    );
  const clusters = config.clusters.map((one) => ({ ...one, cluster: { ...one.cluster, server } }));
  return dump({ ...config, clusters }, { lineWidth: -1, noRefs: true });
}
