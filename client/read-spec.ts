import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { formatSpecErrors, parseSpec } from '../cluster/spec/index.ts';
import { BadInput } from './exit.ts';

/** The file as a Cluster; all its mistakes at once as `BadInput` (exit code 2). */
export async function readSpec(file: string): Promise<Cluster> {
  const folder = dirname(resolve(file));
  // Relative paths in a spec are meant from where the spec lies; `~/` is resolved where the worker runs.
  const resolvePath = (path: string): string =>
    isAbsolute(path) || path.startsWith('~/') ? path : resolve(folder, path);
  const parsed = parseSpec(await read(file), file, { resolvePath });
  if ('errors' in parsed) throw new BadInput(formatSpecErrors(parsed.errors));
  return parsed.cluster;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BadInput(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}
