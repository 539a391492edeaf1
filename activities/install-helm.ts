import type { HelmArchive } from '../cluster/cluster.ts';
import { helm2Version } from '../cluster/render/tiller.ts';
import type { StepCall } from '../cluster/steps.ts';
import { kubesprayVar } from '../cluster/kubespray-vars.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, step } from './step.ts';
import { type Architecture, architectureOf } from './architecture.ts';
import { bastionPaths } from './bastion-paths.ts';
import { checksum } from './checksums.ts';
import { download } from './download.ts';

/** The newest Helm 3 that Kubespray v2.31.0 has a checksum for; `kubespray.vars.helm_version` takes another. */
const defaultVersion = '3.18.4';

/** Where Helm 3 is where the bastion's `helm` is Helm 2: holdfast itself works with it. */
export const helm3Path = '/usr/local/bin/helm3';
const helmPath = '/usr/local/bin/helm';

interface Wanted {
  readonly version: string;
  readonly path: string;
  readonly template: string;
  readonly archive: (architecture: Architecture) => Promise<HelmArchive>;
}

const body: StepBody<'install-helm'> = async (call, tools) => {
  const { host, signal } = tools;
  const three = helm3(call, host, signal);
  const wanted = call.version === 2 ? [helm2(call), { ...three, path: helm3Path }] : [three];
  const installed: string[] = [];
  for (const one of wanted) if (await install(one, call.cluster, tools)) installed.push(one.version);
  const all = wanted.map(({ version }) => version).join(' and ');
  return installed.length > 0
    ? { changed: true, summary: `helm ${installed.join(' and ')} installed` }
    : { changed: false, summary: `helm ${all} is there` };
};

export const installHelm = step('install-helm', body);

function helm3(call: StepCall<'install-helm'>, host: Host, signal: AbortSignal): Wanted {
  const { vars } = call.kubespray;
  const version = (kubesprayVar(vars, 'helm_version') ?? defaultVersion).replace(/^v/, '');
  return {
    version,
    path: helmPath,
    template: '{{.Version}}',
    archive: async (architecture) => ({
      source: `${kubesprayVar(vars, 'get_helm_url') ?? 'https://get.helm.sh'}/helm-v${version}-linux-${architecture}.tar.gz`,
      sha256: await checksum(
        host,
        call.cluster,
        call.kubespray,
        { variable: 'helm_archive_checksum', table: 'helm_archive_checksums', version, architecture },
        signal,
      ),
    }),
  };
}

/** As published beside the archives of helm/helm v2.17.0. */
const helm2Checksums: Readonly<Record<Architecture, string>> = {
  amd64: 'f3bec3c7c55f6a9eb9e6586b8c503f370af92fe987fcbf741f37707606d70296',
  arm64: 'c3ebe8fa04b4e235eb7a9ab030a98d3002f93ecb842f0a8741f98383a9493d7f',
};

function helm2({ archive }: StepCall<'install-helm'>): Wanted {
  return {
    version: helm2Version,
    path: helmPath,
    template: '{{.Client.SemVer}}',
    archive: (architecture) =>
      Promise.resolve(
        archive ?? {
          source: `https://get.helm.sh/helm-v${helm2Version}-linux-${architecture}.tar.gz`,
          sha256: helm2Checksums[architecture],
        },
      ),
  };
}

async function install(wanted: Wanted, cluster: string, tools: StepTools): Promise<boolean> {
  const { host, signal } = tools;
  const { version, path } = wanted;
  if ((await installed(wanted, host, signal)) === version) return false;
  await fetchHelm(wanted, cluster, tools);
  const now = await installed(wanted, host, signal);
  if (now === version) return true;
  throw notYet(
    host.name,
    `helm says it is ${now ?? 'not there'} after ${version} was installed`,
    `Look at ${path} on the bastion.`,
  );
}

/** `--client`: Helm 2 would ask a Tiller that is not there yet; Helm 3 knows the flag and ignores it. */
async function installed(
  { path, template }: Wanted,
  host: Host,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { code, stdout } = await host.run(sh`${path} version --client --template ${template}`, {
    sudo: true,
    signal,
    ok: 'any',
  });
  return code === 0 ? stdout.trim().replace(/^v/, '') : undefined;
}

async function fetchHelm(
  { version, path, archive }: Wanted,
  cluster: string,
  tools: StepTools,
): Promise<void> {
  const { host, signal } = tools;
  const architecture = await architectureOf(host, signal);
  const { source, sha256 } = await archive(architecture);
  const file = `${bastionPaths(cluster).root}/downloads/helm-v${version}.tar.gz`;
  await download(host, { url: source, sha256, path: file }, tools);
  const fresh = path.replace(/([^/]+)$/, '.$1.new');
  await host.run(
    sh`set -e; tar -xzf ${file} -O ${`linux-${architecture}/helm`} > ${fresh}; chmod 0755 ${fresh}; mv -f ${fresh} ${path}; rm -f ${file}`,
    { sudo: true, signal, timeout: 120 },
  );
}
