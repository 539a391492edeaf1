import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { dump, load } from 'js-yaml';
import type { Cluster } from '../cluster/cluster.ts';
import { cgroupV1 } from './demo.ts';
import { labOf } from './lab-file.ts';
import { labVars } from './offline-vars.ts';
import { filePort, registryPort } from './serve.ts';
import type { Supplies } from './supplies.ts';

/** Whether the spec names a git repository on this machine, the tag in it: that one is used, in place of lab/playbook. */
export async function namesClone({ kubespray: { source, version } }: Cluster): Promise<boolean> {
  if (!source.startsWith('/')) return false;
  const { exitCode } = await execa('git', ['-C', source, 'cat-file', '-e', `${version}^{commit}`], {
    reject: false,
  });
  return exitCode === 0;
}

type Mapping = Record<string, unknown>;

/**
 * Writes the spec that a person's own lab is brought up by into the lab's state folder, and returns its path: their file
 * with the lab's user, key, known_hosts and sources in place of the real site's, which these hosts do not have.
 */
export async function writeLabSpec(file: string, cluster: Cluster, supplies: Supplies): Promise<string> {
  const spec = load(await readFile(file, 'utf8')) as Mapping;
  const { paths, network } = labOf(cluster);
  const offline = labVars(network.address, { cgroupV1: await cgroupV1() }, supplies);
  const vars = { ...offline, ...cluster.kubespray.vars };
  const changed = {
    ...spec,
    ssh: { user: 'ubuntu', identityFile: paths.identityFile, knownHosts: paths.knownHosts },
    kubespray: {
      ...(spec.kubespray as Mapping | undefined),
      ...(!(await namesClone(cluster)) && { source: paths.playbook }),
      vars,
    },
    ...(cluster.helm.version === 2 && { helm: helm(spec, network.address, supplies) }),
    ...(cluster.storage && { storage: { nfs: storage(spec, network.address, supplies) } }),
  };
  await mkdir(paths.dir, { recursive: true });
  await writeFile(paths.spec, dump(changed, { lineWidth: -1 }));
  return paths.spec;
}

function helm(spec: Mapping, address: string, { helm2 }: Supplies): Mapping {
  const asked = spec.helm as Mapping;
  if (!helm2) return asked;
  return {
    ...asked,
    archive: { source: `http://${address}:${filePort}/${helm2.path}`, sha256: helm2.sha256 },
    tiller: { ...(asked.tiller as Mapping | undefined), image: `${address}:${registryPort}/${helm2.image}` },
  };
}

function storage(spec: Mapping, address: string, { provisioner }: Supplies): Mapping {
  const { nfs } = spec.storage as { nfs: Mapping };
  if (!provisioner) return nfs;
  const { chart, image } = provisioner;
  return {
    ...nfs,
    chart: {
      source: `http://${address}:${filePort}/${chart.path}`,
      version: chart.version,
      sha256: chart.sha256,
    },
    image: { repository: `${address}:${registryPort}/${image.repository}`, tag: image.tag },
  };
}
