import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Holdfast } from './holdfast.ts';

/** The Temporal worker loses its power: no goodbye. `holdfast dev` starts another. */
export async function killWorker({ state }: Pick<Holdfast, 'state'>): Promise<void> {
  const { pid } = JSON.parse(await readFile(join(state, 'holdfast', 'worker.pid.json'), 'utf8')) as {
    readonly pid: number;
  };
  process.kill(pid, 'SIGKILL');
}
