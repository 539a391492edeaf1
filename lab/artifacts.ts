import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { images, programs, served, versions } from './artifact-table.ts';
import type { Image, Program, Served } from './artifact-table.ts';
import { alone, artifactFolder, keyOf, makeOnce } from './artifact-cache.ts';
import { makeImages, refOf, suite } from './artifact-images.ts';
import { artifactChecksums, artifactVersions } from './artifact-vars.ts';
import { buildProgram, cannotBuild, goArch, programKey } from './build-program.ts';
import { exists } from './files.ts';
import { deterministic, linkOrCopy, sha256Of } from './oci-image.ts';
import { asset } from './paths.ts';
import { type Extra, type ExtraName, extras, helm2Path, tillerImageName } from './extra-artifacts.ts';
import type { Supplies } from './supplies.ts';

/** Everything that a cluster without internet fetches; all paths absolute, all of it read-only for its users. */
export interface Artifacts extends Supplies {
  /** Root of the file server: `dl.k8s.io/…`, `github.com/…`, `get.helm.sh/…`, `charts/…`, `images/*.tar`, `lab/mount.nfs`. */
  readonly files: string;
  /** Path under `files` → SHA-256 in hex. Also in `files/checksums.json`. */
  readonly checksums: Readonly<Record<string, string>>;
  /** `name:tag` of every image, as under the registry. */
  readonly images: readonly string[];
  readonly mountNfs: string;
  readonly provisioner: NonNullable<Supplies['provisioner']>;
}

interface Options {
  /** One line of progress for a person. */
  readonly log?: (line: string) => void;
  /** With what only some labs need. */
  readonly extra?: readonly ExtraName[];
}

const chartName = 'nfs-subdir-external-provisioner';

/**
 * Finds in the cache, or builds, the binaries and images of the lab: about 10 minutes the first time on two cores, then a
 * moment. Interrupted, it goes on where it was. Throws with one line when Go is missing.
 */
export async function ensureArtifacts({
  log = () => undefined,
  extra = [],
}: Options = {}): Promise<Artifacts> {
  const arch = goArch();
  const more = extra.map((name) => extras[name]);
  const files = [...served(arch), ...more.flatMap((one) => one.served(arch))];
  const allImages = [...images, ...more.flatMap((one) => one.images)];
  const keyed = await Promise.all(
    [...programs, ...more.flatMap((one) => one.programs)].map(async (program) => ({
      program,
      folder: await folderOf(program, arch),
    })),
  );
  const made = ['artifacts.ts', 'artifact-images.ts', 'oci-image.ts'];
  const sources = await Promise.all(
    made.map((name) => readFile(join(import.meta.dirname, name), 'utf8').catch(() => '')),
  );
  const key = await keyOf(
    [keyed.map(({ folder }) => folder.split('/').at(-1)), files, allImages, sources],
    join('chart', chartName),
  );
  const folder = artifactFolder('set', versions.kubernetes, key);
  if (!(await exists(folder)))
    await alone(log, async () => {
      await buildMissing(keyed, arch, log);
      await makeOnce(folder, (work) => makeSet(work, keyed, { files, images: allImages }, log));
    });
  const vars = Object.assign({}, ...more.map((one) => one.vars)) as Extra['vars'];
  return describe(folder, keyed, { files, images: allImages, vars });
}

type Keyed = readonly { readonly program: Program; readonly folder: string }[];

async function folderOf(program: Program, arch: string): Promise<string> {
  return artifactFolder(program.name, program.version, await programKey(program, arch));
}

async function buildMissing(keyed: Keyed, arch: string, log: (line: string) => void): Promise<void> {
  const there = await Promise.all(keyed.map(({ folder }) => exists(folder)));
  const missing = keyed.filter((_, i) => !there[i]);
  if (missing.length === 0) return;
  const problem = await cannotBuild();
  if (problem !== undefined) throw new Error(problem);

  let left = missing.reduce((sum, { program }) => sum + program.seconds, 0);
  log(
    `artifacts: ${missing.length} of ${keyed.length} programs to build, about ${minutes(left)} on two cores`,
  );
  for (const [i, { program, folder }] of missing.entries()) {
    const start = Date.now();
    await makeOnce(folder, (work) => buildProgram(program, work, arch));
    left -= program.seconds;
    const took = ((Date.now() - start) / 1000).toFixed(0);
    const remains = left > 0 ? `, about ${minutes(left)} remain` : '';
    log(`[${i + 1}/${missing.length}] ${program.name} ${program.version} … ${took} s${remains}`);
  }
}

async function makeSet(
  work: string,
  keyed: Keyed,
  { files, images }: { readonly files: readonly Served[]; readonly images: readonly Image[] },
  log: (line: string) => void,
): Promise<void> {
  const fileOf = (name: string) => programFile(keyed, name);
  const start = Date.now();
  log('artifacts: archives');
  for (const file of files) await serve(file, join(work, 'files', file.path), keyed);
  const chart = join(work, 'files', 'charts', `${chartName}-${versions.provisionerChart}.tgz`);
  await packChart(chart);
  log(`artifacts: ${images.length} images`);
  await makeImages(images, work, { arch: goArch(), fileOf, say: log });
  const checksums: Record<string, string> = {};
  for (const entry of (await readdir(join(work, 'files'), { recursive: true, withFileTypes: true })).filter(
    (e) => e.isFile(),
  )) {
    const file = join(entry.parentPath, entry.name);
    checksums[file.slice(join(work, 'files').length + 1)] = await sha256Of(file);
  }
  const sorted = Object.fromEntries(Object.entries(checksums).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(join(work, 'files', 'checksums.json'), `${JSON.stringify(sorted, null, 2)}\n`);
  log(`artifacts: archives and images … ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

async function serve(file: Served, target: string, keyed: Keyed): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if ('program' in file) return linkOrCopy(programFile(keyed, file.program), target);
  if ('debian' in file) return fromDebian(file.debian, target);
  const stage = `${target}.d`;
  for (const [member, name] of Object.entries(file.members)) {
    const all = member.endsWith('*');
    const dir = keyed.find(({ program }) => program.name === name)?.folder as string;
    for (const from of all ? await readdir(dir) : [name]) {
      const to = join(stage, all ? member.slice(0, -1) + from : member);
      await mkdir(dirname(to), { recursive: true });
      await linkOrCopy(join(dir, from), to);
    }
  }
  await pack(stage, target);
}

/** What `helm package` makes, without its timestamps. */
async function packChart(target: string): Promise<void> {
  const stage = `${target}.d`;
  await mkdir(stage, { recursive: true });
  await execa('cp', ['-r', asset('chart', chartName), join(stage, chartName)]);
  await pack(stage, target);
}

/** A folder's content as a .tgz that is the same everywhere; the folder is gone afterwards. */
async function pack(stage: string, target: string): Promise<void> {
  const members = await readdir(stage);
  await execa('tar', [...deterministic, '-I', 'gzip -n -1', '-C', stage, '-cf', target, ...members.sort()]);
  await rm(stage, { recursive: true });
}

function programFile(keyed: Keyed, name: string): string {
  const found = keyed.find(({ program }) => program.name === name);
  if (!found) throw new Error(`no program ${name} in the table`);
  return join(found.folder, name);
}

/** One file of a package, extracted: none of its scripts runs. */
async function fromDebian({ package: name, file }: { package: string; file: string }, target: string) {
  const root = `${target}.root`;
  await execa('mmdebstrap', ['--variant=extract', `--include=${name}`, suite, root], { stdin: 'ignore' });
  await rename(join(root, file), target);
  await rm(root, { recursive: true });
}

async function describe(
  folder: string,
  keyed: Keyed,
  set: { readonly files: readonly Served[]; readonly images: readonly Image[]; readonly vars: Extra['vars'] },
): Promise<Artifacts> {
  const files = join(folder, 'files');
  const checksums = JSON.parse(await readFile(join(files, 'checksums.json'), 'utf8')) as Record<
    string,
    string
  >;
  const chart = `charts/${chartName}-${versions.provisionerChart}.tgz`;
  return {
    files,
    checksums,
    images: set.images.map(refOf),
    registry: (address) => ({
      command: programFile(keyed, 'registry'),
      args: ['serve', address, join(folder, 'registry')],
    }),
    vars: { ...artifactVersions(), ...set.vars, ...artifactChecksums(checksums, set.files) },
    mountNfs: programFile(keyed, 'mount-nfs'),
    provisioner: {
      chart: { path: chart, version: versions.provisionerChart, sha256: checksums[chart] as string },
      image: { repository: `sig-storage/${chartName}`, tag: `v${versions.provisioner}` },
    },
    ...(checksums[helm2Path(goArch())] !== undefined && {
      helm2: {
        path: helm2Path(goArch()),
        sha256: checksums[helm2Path(goArch())] as string,
        image: set.images.filter(({ name }) => name === tillerImageName).map(refOf)[0] as string,
      },
    }),
  };
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
