import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Where the built bundle lies: beside dist/worker. No script emits a file of this name. */
export const builtBundle = fileURLToPath(new URL('../workflow-bundle.cjs', import.meta.url));

/** The workflows' code as one script, from the sources (.ts) or from dist (.js), whichever this file is part of. */
export async function workflowCode(): Promise<string> {
  const workflowsPath = join(here, '..', 'workflows', `index${extname(fileURLToPath(import.meta.url))}`);
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  return code;
}

/** Writes the bundle to `outFile`: a worker loads it without a compiler, and its hash says which code runs. */
export async function bundleWorkflows(outFile: string): Promise<void> {
  const code = await workflowCode();
  await mkdir(dirname(outFile), { recursive: true });
  const scratch = join(dirname(outFile), `.${basename(outFile)}.${process.pid}`);
  await writeFile(scratch, code);
  await rename(scratch, outFile);
}

const here = dirname(fileURLToPath(import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleWorkflows(builtBundle);
