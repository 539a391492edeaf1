import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder of this run alone, for what several test files make use of. */
    readonly scratchFolder: string;
  }
}

/** Vitest's global set-up. */
export default async function scratchFolder({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-tests-'));
  provide('scratchFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}
