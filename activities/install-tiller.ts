import { helm2Version, helmInitArgs, renderTillerAccess, tillerCommand } from '../cluster/render/tiller.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { compareManifest } from './compare-manifest.ts';
import { kubectlOn } from './kubectl.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

type Call = StepCall<'install-tiller'>;

/** Said each time, for it is true each time. */
const outOfSupport = `Helm 2 and Tiller are out of support since November 2020: charts of today want Helm 3 (helm.version: 3)`;

const body: StepBody<'install-tiller'> = async (call, { host, signal }) => {
  const access = await giveAccess(call, host, signal);
  const before = await deployed(call, host, signal);
  const said = before ? await versions(call, host, signal) : undefined;
  const wanted = `v${helm2Version}`;
  if (before && said?.client === wanted && said.server === wanted)
    return { changed: access, summary: `Tiller ${wanted} answers helm`, problem: outOfSupport };
  await helm2(call, host, helmInitArgs(call.tiller), signal);
  const now = await versions(call, host, signal);
  if (now?.client !== wanted || now.server !== wanted)
    throw notYet(
      host.name,
      `helm version says client ${now?.client ?? 'nothing'}, server ${now?.server ?? 'nothing'}, not ${wanted}`,
      `Look at kubectl -n ${call.tiller.namespace} describe pods -l app=helm,name=tiller.`,
    );
  return { changed: true, summary: `Tiller ${wanted} installed, and answers helm`, problem: outOfSupport };
};

export const installTiller = step('install-tiller', body);

async function giveAccess(call: Call, host: Host, signal: AbortSignal): Promise<boolean> {
  const manifest = renderTillerAccess(call.tiller);
  const compare = () => compareManifest(host, call.cluster, manifest, { step: 'install-tiller', signal });
  const found = await compare();
  if (found === 'same') return false;
  if (found === 'immutable')
    throw problem(
      host.name,
      'a role binding called tiller or tiller-manager is there and grants another role',
      'It is somebody’s own: rename or delete it, then retry.',
    );
  await kubectlOn(host, call.cluster, signal).run(['apply', '-f', '-'], { stdin: manifest });
  if ((await compare()) === 'same') return true;
  throw notYet(
    host.name,
    'Tiller’s roles differ still after they were applied',
    'holdfast kubectl -- get rolebindings -A',
  );
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName?: string;
        readonly containers: readonly { readonly image: string; readonly command?: readonly string[] }[];
      };
    };
  };
  readonly status?: { readonly availableReplicas?: number };
}

/** Whether Tiller runs as wanted; "no" where it is not there. */
async function deployed({ cluster, tiller }: Call, host: Host, signal: AbortSignal): Promise<boolean> {
  const found = await kubectlOn(host, cluster, signal).get<{ readonly items: readonly Deployment[] }>([
    ...['--namespace', tiller.namespace, 'get', 'deployments'],
    ...['--field-selector', 'metadata.name=tiller-deploy'],
  ]);
  const [deployment] = found.items;
  const container = deployment?.spec.template.spec.containers[0];
  return (
    deployment?.spec.template.spec.serviceAccountName === 'tiller' &&
    container?.image === tiller.image &&
    container.command?.join(' ') === tillerCommand.join(' ') &&
    (deployment.status?.availableReplicas ?? 0) > 0
  );
}

/** Of both sides; undefined where Tiller does not answer. */
async function versions(call: Call, host: Host, signal: AbortSignal) {
  const args = ['version', '--tiller-namespace', call.tiller.namespace, '--tiller-connection-timeout', '20'];
  const template = ['--template', '{{.Client.SemVer}} {{.Server.SemVer}}'];
  const { code, stdout } = await helm2(call, host, [...args, ...template], signal, 'any');
  const [client, server] = stdout.trim().split(' ');
  return code === 0 && client && server ? { client, server } : undefined;
}

function helm2({ cluster }: Call, host: Host, args: readonly string[], signal: AbortSignal, ok?: 'any') {
  const { kubeconfig } = bastionPaths(cluster);
  return host.run(sh`HOME=/root KUBECONFIG=${kubeconfig} /usr/local/bin/helm ${args}`, {
    sudo: true,
    signal,
    timeout: 400,
    ...(ok && { ok }),
  });
}
