import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import { execa, ExecaError } from 'execa';
import type { Program } from './artifact-table.ts';
import { keyOf } from './artifact-cache.ts';
import { asset } from './paths.ts';

/** The oldest Go that every module here accepts. */
export const goVersion = '1.26';

export function programKey(program: Program, arch: string): Promise<string> {
  return keyOf({ ...program, seconds: 0, arch }, join('artifacts', 'modules', program.module));
}

/** One line that says what is missing to build; undefined when nothing is. */
export async function cannotBuild(): Promise<string | undefined> {
  const want = `install Go ${goVersion} or newer (https://go.dev/dl) and put its bin folder on PATH`;
  try {
    const { stdout } = await execa('go', ['env', 'GOVERSION']);
    const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
    const [needMajor, needMinor] = goVersion.split('.').map(Number) as [number, number];
    const enough = Number(major) > needMajor || (Number(major) === needMajor && Number(minor) >= needMinor);
    return enough ? undefined : `the lab's binaries need Go ${goVersion}, this is ${stdout}: ${want}`;
  } catch (error) {
    if (error instanceof ExecaError && error.code === 'ENOENT') return `go is missing: ${want}`;
    throw error;
  }
}

/** Builds into `dir`: one file named as the program, or one a package. Static, without paths of this machine in it. */
export async function buildProgram(program: Program, dir: string, arch: string): Promise<void> {
  const module = asset('artifacts', 'modules', program.module);
  const cwd = program.source ? await withOwnSource(module, program.source) : module;
  try {
    const [only, ...more] = program.packages;
    const out = more.length === 0 ? join(dir, program.name) : `${dir}/`;
    const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', program.ldflags ?? ''];
    if (program.tags) flags.push('-tags', program.tags.join(','));
    await go(cwd, ['build', ...flags, '-o', out, only as string, ...more], arch);
    for (const name of await readdir(dir)) await chmod(join(dir, name), 0o755);
  } finally {
    if (program.source) await rm(cwd, { recursive: true, force: true });
  }
}

/** A copy of our module with upstream's source beside it, as its `replace … => ./source` says. */
async function withOwnSource(module: string, source: NonNullable<Program['source']>): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'holdfast-source-'));
  const answer = await go(work, ['mod', 'download', '-json', `${source.module}@${source.version}`]);
  const { Dir, Sum } = JSON.parse(answer) as { Dir: string; Sum: string };
  if (Sum !== source.sum)
    throw new Error(`${source.module} ${source.version} has the sum ${Sum}, not ${source.sum}`);
  await cp(module, work, { recursive: true });
  await execa('cp', ['-r', '--no-preserve=mode', Dir, join(work, 'source')]);
  for (const path of source.without ?? []) await rm(join(work, 'source', path), { recursive: true });
  for (const folder of source.empty) {
    const path = join(work, 'source', folder);
    await rm(path, { recursive: true });
    await mkdir(path);
    await writeFile(join(path, 'empty.go'), `package ${basename(folder)}\n`);
  }
  return work;
}

async function go(cwd: string, args: readonly string[], arch = goArch()): Promise<string> {
  const env = { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: arch, GOFLAGS: '', GOWORK: 'off' };
  try {
    return (await execa('go', args, { cwd, env })).stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const tail = String(error.stderr).trim().split('\n').slice(-15).join('\n');
    throw new Error(`go ${args[0]} in ${cwd} ended with ${error.exitCode ?? error.code}:\n${tail}`, {
      cause: error,
    });
  }
}

/** Go's name of this machine's architecture. */
export function goArch(): string {
  const names: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };
  const name = names[process.arch];
  if (name === undefined) throw new Error(`no artifacts for the architecture ${process.arch}`);
  return name;
}
