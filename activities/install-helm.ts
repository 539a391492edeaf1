import type { StepCall } from '../cluster/steps.ts';
import { kubesprayVar } from '../cluster/kubespray-vars.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';
import { architectureOf } from './architecture.ts';
import { bastionPaths } from './bastion-paths.ts';
import { checksum } from './checksums.ts';
import { download } from './download.ts';

/** The newest Helm 3 that Kubespray v2.31.0 has a checksum for; `kubespray.vars.helm_version` takes another. */
const defaultVersion = '3.18.4';

const body: StepBody<'install-helm'> = async (call, { host, signal }) => {
  const version = (kubesprayVar(call.kubespray.vars, 'helm_version') ?? defaultVersion).replace(/^v/, '');
  if ((await installed(host, signal)) === version)
    return { changed: false, summary: `helm ${version} is there` };
  await fetchHelm(call, host, version, signal);
  const now = await installed(host, signal);
  if (now !== version)
    throw notYet(
      host.name,
      `helm says it is ${now ?? 'not there'} after ${version} was installed`,
      'Look at /usr/local/bin/helm on the bastion.',
    );
  return { changed: true, summary: `helm ${version} installed` };
};

export const installHelm = step('install-helm', body);

async function installed(host: Host, signal: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await host.run(sh`/usr/local/bin/helm version --template '{{.Version}}'`, {
    sudo: true,
    signal,
    ok: 'any',
  });
  return code === 0 ? stdout.trim().replace(/^v/, '') : undefined;
}

async function fetchHelm(
  call: StepCall<'install-helm'>,
  host: Host,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const architecture = await architectureOf(host, signal);
  const base = kubesprayVar(call.kubespray.vars, 'get_helm_url') ?? 'https://get.helm.sh';
  const sha256 = await checksum(
    host,
    call.cluster,
    call.kubespray,
    { variable: 'helm_archive_checksum', table: 'helm_archive_checksums', version, architecture },
    signal,
  );
  const path = `${bastionPaths(call.cluster).root}/downloads/helm-v${version}.tar.gz`;
  await download(
    host,
    { url: `${base}/helm-v${version}-linux-${architecture}.tar.gz`, sha256, path },
    signal,
  );
  await host.run(
    sh`set -e; tar -xzf ${path} -O ${`linux-${architecture}/helm`} > /usr/local/bin/.helm.new; chmod 0755 /usr/local/bin/.helm.new; mv -f /usr/local/bin/.helm.new /usr/local/bin/helm; rm -f ${path}`,
    { sudo: true, signal, timeout: 120 },
  );
}
