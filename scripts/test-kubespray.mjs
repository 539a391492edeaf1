// npm run test:kubespray -- --source PATH: the stories on the real Kubespray, of which PATH is a local clone with its tags.
import { existsSync } from 'node:fs';
import { resolve, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './lib.mjs';
import { runVitest } from './vitest.mjs';

const { values } = parseArgs({ options: { source: { type: 'string' } } });
if (values.source === undefined || !existsSync(values.source)) {
  console.error(
    'npm run test:kubespray -- --source PATH: the path of a local clone of kubernetes-sigs/kubespray',
  );
  process.exit(2);
}
ensureBuilt();
const { canRunLab } = await import(pathToFileURL(join(root, 'dist', 'lab', 'can-run.js')).href);
const why = await canRunLab();
if (why) {
  console.error(`the lab cannot run here: ${why}`);
  process.exit(1);
}
Object.assign(process.env, {
  HOLDFAST_KUBESPRAY_SOURCE: resolve(values.source),
  HOLDFAST_STORY_CLUSTER: 'kubespray',
  HOLDFAST_STORY_SUBNET: '10.79.0',
  HOLDFAST_RESULTS: process.env.HOLDFAST_RESULTS ?? join(root, 'bench', 'results', 'kubespray.jsonl'),
  // Each file goes on with what the one before has left.
  HOLDFAST_KEEP_LAB: '1',
});
const files = ['kubespray/inventories', 'kubespray/hosts', 'availability/all-masters-off', 'kubespray/reset'];
let code = 0;
for (const [n, file] of files.entries()) {
  // The end of the last one takes the lab down; where one failed, it is left for whoever looks why.
  if (n === files.length - 1) delete process.env.HOLDFAST_KEEP_LAB;
  code = runVitest(['--config', 'vitest.stories.config.ts', `test/stories/${file}.test.ts`]);
  if (code !== 0) break;
}
process.exit(code);
