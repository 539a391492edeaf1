// npm run test:lab: the end-to-end stories on lab hosts; `-- --all`: each part's loss too. Other arguments go to vitest.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureDebianPackages, root } from './lib.mjs';
import { runVitest } from './vitest.mjs';

ensureBuilt();
const { canRunLab } = await import(pathToFileURL(join(root, 'dist', 'lab', 'can-run.js')).href);
const why = await canRunLab();
if (why) {
  console.log(`the lab cannot run here: ${why}`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(process.env.CI ? 1 : 0);
}
// The stories click through the Temporal UI.
ensureDebianPackages({ chromium: '/usr/bin/chromium' });
const args = process.argv.slice(2).filter((arg) => arg !== '--all');
if (args.length < process.argv.length - 2) process.env.HOLDFAST_ALL_STORIES = '1';
process.exit(runVitest(['--config', 'vitest.stories.config.ts', ...args]));
