import type { StepCall } from '../cluster/steps.ts';
import { kubesprayVar } from '../cluster/kubespray-vars.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, step } from './step.ts';
import { architectureOf } from './architecture.ts';
import { bastionPaths } from './bastion-paths.ts';
import { checksum } from './checksums.ts';
import { download } from './download.ts';

const path = '/usr/local/bin/kubectl';

const body: StepBody<'install-kubectl'> = async (call, tools) => {
  const { host, signal } = tools;
  const { version } = call.kubernetes;
  if ((await installed(host, signal)) === version)
    return { changed: false, summary: `kubectl ${version} is there` };
  await fetchKubectl(call, tools);
  const now = await installed(host, signal);
  if (now !== version)
    throw notYet(
      host.name,
      `kubectl says it is ${now ?? 'not there'} after ${version} was installed`,
      `Look at ${path} on ${host.name}.`,
    );
  return { changed: true, summary: `kubectl ${version} installed` };
};

export const installKubectl = step('install-kubectl', body);

async function installed(host: Host, signal: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await host.run(sh`${path} version --client -o json`, {
    sudo: true,
    signal,
    ok: 'any',
  });
  return code === 0 ? /"gitVersion": *"v([^"]+)"/.exec(stdout)?.[1] : undefined;
}

/** From where Kubespray itself would take it, with the checksum that Kubespray knows. */
async function fetchKubectl(
  { cluster, kubernetes, kubespray }: StepCall<'install-kubectl'>,
  tools: StepTools,
): Promise<void> {
  const { host, signal } = tools;
  const { version } = kubernetes;
  const architecture = await architectureOf(host, signal);
  const base = kubesprayVar(kubespray.vars, 'dl_k8s_io_url') ?? 'https://dl.k8s.io';
  const what = { variable: 'kubectl_binary_checksum', table: 'kubectl_checksums', version, architecture };
  const sha256 = await checksum(host, cluster, kubespray, what, signal);
  const fresh = `${bastionPaths(cluster).root}/downloads/kubectl-v${version}`;
  await download(
    host,
    { url: `${base}/release/v${version}/bin/linux/${architecture}/kubectl`, sha256, path: fresh },
    tools,
  );
  await host.run(
    sh`set -e; install -m 0755 ${fresh} ${path}.new; mv -f ${path}.new ${path}; rm -f ${fresh}`,
    { sudo: true, signal },
  );
}
