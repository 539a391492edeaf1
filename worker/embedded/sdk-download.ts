import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Program } from './find-program.ts';

/** The SDK downloads only what it starts, so a server is started once and ended; its program stays at `path`. */
export async function downloadBySdk(
  { name }: Pick<Program, 'name'>,
  path: string,
  cache: string,
): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, '.sdk-'));
  try {
    const executable = { type: 'cached-download', downloadDir: scratch } as const;
    const server =
      name === 'temporal'
        ? await TestWorkflowEnvironment.createLocal({ server: { executable } })
        : await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    await server.teardown();
    const [downloaded] = (await readdir(scratch)).filter((file) => file.startsWith('temporal'));
    if (!downloaded) throw new Error('the SDK left no program in its download folder');
    await chmod(join(scratch, downloaded), 0o755);
    await mkdir(dirname(path), { recursive: true });
    await rename(join(scratch, downloaded), path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
