// npm run build: dist/ from the sources, and the workflows' bundle that a worker loads.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages, holdfast, root, run } from './lib.mjs';

ensurePackages();
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
run(process.execPath, [join(root, 'dist', 'worker', 'bundle.js')]);
chmodSync(holdfast, 0o755);
