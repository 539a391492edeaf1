import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { inject } from 'vitest';

const holdfasts = join(import.meta.dirname, '..', '..', 'workflows', 'index.ts');

/**
 * Workflows as one script. A dozen test files want the same, and it takes seconds of the processor: the first makes it,
 * and the others of the run wait for it.
 */
export async function codeOf(workflowsPath = holdfasts): Promise<string> {
  const name = createHash('sha256').update(workflowsPath).digest('hex').slice(0, 12);
  const file = join(inject('scratchFolder'), `${name}.cjs`);
  for (;;) {
    const made = await readFile(file, 'utf8').catch(() => undefined);
    if (made !== undefined) return made;
    const lock = await open(`${file}.lock`, 'wx').catch(() => undefined);
    if (lock) return make(file, workflowsPath).finally(() => lock.close());
    await sleep(100);
  }
}

async function make(file: string, workflowsPath: string): Promise<string> {
  try {
    const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
    const code = withoutSourceMap(bundle.code);
    await writeFile(`${file}.part`, code);
    await rename(`${file}.part`, file);
    return code;
  } finally {
    await rm(`${file}.lock`);
  }
}

/** Every worker parses the map anew, and asks it for each promise that a workflow makes: an eighth of the processor's time. */
function withoutSourceMap(code: string): string {
  const end = code.lastIndexOf('//# sourceMappingURL=data:');
  if (end < 0)
    throw new Error('a bundle of workflows without a source map: look at what the SDK makes of it');
  const none = JSON.stringify({ version: 3, file: 'workflows.cjs', sources: [], names: [], mappings: '' });
  return `${code.slice(0, end)}//# sourceMappingURL=data:application/json;base64,${Buffer.from(none).toString('base64')}`;
}
