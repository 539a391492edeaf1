import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerProgram } from '../../worker/embedded/index.ts';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** How `holdfast dev` starts a worker: this very build, as `holdfast worker`. */
export const workerProgram: WorkerProgram = {
  args: ['--enable-source-maps', join(dist, 'client', 'main.js'), 'worker'],
  dist,
};
