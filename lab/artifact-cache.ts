import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { exists } from './files.ts';
import { asset, cacheFolder } from './paths.ts';

/** 16 hex digits over anything JSON and over the files of folders under lab/. The same input gives the same key everywhere. */
export async function keyOf(value: unknown, ...folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(value));
  for (const folder of folders) {
    for (const file of await filesUnder(asset(folder)))
      hash.update(`\0${file}\0`).update(await readFile(asset(folder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Relative paths, sorted; without tests, which change nothing of what is built. */
async function filesUnder(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('_test.go'))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

/** Where the artifact of this name and key lies, whether it is there or not. */
export function artifactFolder(name: string, version: string, key: string): string {
  return join(cacheFolder('artifacts'), `${name}-${version}-${key}`);
}

/** Makes `folder` by `make` unless it is there: in a folder beside it first, so that it is whole or absent. */
export async function makeOnce(folder: string, make: (work: string) => Promise<void>): Promise<boolean> {
  if (await exists(folder)) {
    // Seen by whoever clears what was not used for long.
    await utimes(folder, new Date(), new Date());
    return false;
  }
  const work = `${folder}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await make(work);
  await rename(work, folder);
  return true;
}

/**
 * Runs `act` while no other process does so. The lock is the kernel's (flock), held by a child that ends when its standard
 * input closes: so it is gone with this process, however that ends.
 */
export async function alone<T>(say: (line: string) => void, act: () => Promise<T>): Promise<T> {
  const dir = cacheFolder('artifacts');
  await mkdir(dir, { recursive: true });
  const waiting = setTimeout(() => say('artifacts: another build is running; waiting for it'), 1000);
  const holder = execa('flock', [join(dir, '.lock'), 'sh', '-c', 'echo locked; cat'], {
    stdin: 'pipe',
    buffer: false,
  });
  try {
    const locked = once(holder.stdout, 'data');
    locked.catch(() => undefined);
    const [first] = await Promise.race([locked, holder.then(() => [undefined])]);
    if (first === undefined) throw new Error('flock ended without the lock');
    clearTimeout(waiting);
    return await act();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
    await holder;
  }
}
