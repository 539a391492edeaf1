import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** For workers without versioning, and for those with it. */
export type BundleKind = 'index' | 'versioned';

/** Where a built bundle lies: beside dist/worker. No script emits a file of this name. */
export function builtBundle(kind: BundleKind): string {
  const name = { index: 'workflow-bundle.cjs', versioned: 'workflow-bundle-versioned.cjs' }[kind];
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** The workflows' code as one script, from the sources (.ts) or from dist (.js), whichever this file is part of. */
export async function workflowCode(kind: BundleKind): Promise<string> {
  const workflowsPath = join(here, '..', 'workflows', `${kind}${extname(fileURLToPath(import.meta.url))}`);
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  return code;
}

/** Writes a bundle to its place: a worker loads it without a compiler, and its hash says which code runs. */
async function bundleWorkflows(kind: BundleKind): Promise<void> {
  const outFile = builtBundle(kind);
  const code = await workflowCode(kind);
  await mkdir(dirname(outFile), { recursive: true });
  const scratch = join(dirname(outFile), `.${basename(outFile)}.${process.pid}`);
  await writeFile(scratch, code);
  await rename(scratch, outFile);
}

const here = dirname(fileURLToPath(import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const kind of ['index', 'versioned'] as const) await bundleWorkflows(kind);
