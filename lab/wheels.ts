import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Cluster } from '../cluster/cluster.ts';
import { asset, cacheFolder } from './paths.ts';
import { debians, type DebianVersion } from './debian.ts';
import { exists } from './files.ts';

/** Folder with the wheels of every requirements.txt that a bring-up of this cluster needs, for pip without an index. */
export async function wheels(
  cluster: Cluster,
  version: DebianVersion,
  say: (line: string) => void,
): Promise<string> {
  const { python, abi, glibc } = debians[version];
  const wanted = await requirements(cluster);
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const key = createHash('sha256')
    .update(JSON.stringify([python, glibc, architecture, wanted]))
    .digest('hex');
  const dir = join(cacheFolder('lab-wheels'), key.slice(0, 16));
  if (await exists(dir)) return dir;

  say('wheels: downloading what the requirements name, by pip');
  const work = `${dir}.${process.pid}`;
  await mkdir(work, { recursive: true });
  try {
    const lists = wanted.map((_, i) => join(work, `requirements-${i}.txt`));
    for (const [i, file] of lists.entries()) await writeFile(file, wanted[i] as string);
    const platforms = glibc.flatMap((built) => ['--platform', `manylinux${built}_${architecture}`]);
    const abis = [abi, 'abi3', 'none'].flatMap((abi) => ['--abi', abi]);
    const only = ['--only-binary', ':all:', '--implementation', 'cp', '--python-version', python];
    // One list at a time: two requirements.txt may pin different versions of one package.
    for (const list of [...lists.map((file) => ['-r', file]), ['pip', 'setuptools', 'wheel']])
      await execa(
        'python3',
        ['-m', 'pip', 'download', '-q', '-d', work, ...only, ...platforms, ...abis, ...list],
        {
          all: true,
        },
      );
    await Promise.all(lists.map((file) => rm(file)));
    await rename(work, dir).catch(async (error: unknown) => {
      if (!(await exists(dir))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return dir;
}

/** Of the lab's playbook, and of a clone that the spec names. */
async function requirements(cluster: Cluster): Promise<string[]> {
  const { source, version } = cluster.kubespray;
  const own = await readFile(asset('playbook/requirements.txt'), 'utf8').catch(() => undefined);
  const named = await execa('git', ['-C', source, 'show', `${version}:requirements.txt`], { reject: false });
  const texts = [own, named.exitCode === 0 ? named.stdout : undefined].filter((text) => text !== undefined);
  return [...new Set(texts.map((text) => `${text.trim()}\n`))];
}
