import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { release } from 'node:os';
import { execa } from 'execa';
import { debians, type DebianVersion } from './debian.ts';
import { exists } from './files.ts';
import { basePackages, repositoryPackages } from './packages.ts';
import { asset, cacheFolder } from './paths.ts';

/** The root file system that all hosts share, and the apt repository with what it lacks. Read-only for their users. */
export interface Base {
  readonly root: string;
  readonly debian: string;
}

/** Built once (about two minutes, 700 MB), then found in the cache by the packages and scripts that went into it. */
export async function base(version: DebianVersion, say: (line: string) => void): Promise<Base> {
  const { suite } = debians[version];
  const dir = join(cacheFolder('lab-base'), await key(version));
  const result = { root: join(dir, 'root'), debian: join(dir, 'debian') };
  if (await exists(dir)) return result;

  say(`base image: Debian ${suite} with ${basePackages.length} packages, by mmdebstrap; about two minutes`);
  const work = `${dir}.${process.pid}`;
  try {
    await bootstrap(version, work, say);
    say('base image: what a bare-metal server has');
    await execa('bash', [asset('host/base/prepare-base.sh'), join(work, 'root')], { all: true });
    await indexDebs(join(work, 'debian'));
    await rename(work, dir).catch(async (error: unknown) => {
      // Somebody else built the same one meanwhile.
      if (!(await exists(dir))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return result;
}

async function bootstrap(version: DebianVersion, work: string, say: (line: string) => void): Promise<void> {
  const archives = join(work, 'debian');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await chmod(work, 0o755);
  const download = [
    'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes --download-only --no-install-recommends',
    `-o Dir::Cache::archives='${archives}' -o APT::Sandbox::User=root -o APT::Keep-Downloaded-Packages=true install`,
    ...repositoryPackages(version),
  ].join(' ');
  const unwanted = ['man', 'doc', 'locale', 'info'].map(
    (dir) => `--dpkgopt=path-exclude=/usr/share/${dir}/*`,
  );
  const build = execa(
    'mmdebstrap',
    [
      '--variant=minbase',
      `--include=${basePackages.join(',')}`,
      ...unwanted,
      `--customize-hook=${download}`,
      debians[version].suite,
      join(work, 'root'),
    ],
    { all: true, stdin: 'ignore' },
  );
  build.all.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n'))
      if (line.startsWith('I: ')) say(`base image: ${line.slice(3)}`);
  });
  await build;
}

async function indexDebs(dir: string): Promise<void> {
  await rm(join(dir, 'partial'), { recursive: true, force: true });
  await rm(join(dir, 'lock'), { force: true });
  // Run inside, so that the index names the files relative to the repository.
  await execa('dpkg-scanpackages', ['--multiversion', '.'], {
    cwd: dir,
    stdout: { file: join(dir, 'Packages') },
  });
}

async function key(version: DebianVersion): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([debians[version].suite, release(), basePackages, repositoryPackages(version)]),
  );
  const scripts = (await readdir(asset('host/base'))).sort();
  for (const name of scripts) hash.update(name).update(await readFile(asset('host/base', name)));
  return hash.digest('hex').slice(0, 16);
}
