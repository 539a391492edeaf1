// Keeps a real run's history as a fixture of test/workflows/replay.test.ts, without what names the machine that made it:
// temporal workflow show -w ID --output json | node scripts/keep-history.mjs ID NAME
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './lib.mjs';

const [workflowId, name] = process.argv.slice(2);
if (!workflowId || !/^[a-z0-9-]+$/.test(name ?? '')) {
  console.error('usage: temporal workflow show -w ID --output json | node scripts/keep-history.mjs ID NAME');
  process.exit(2);
}
const history = JSON.parse(readFileSync(0, 'utf8'));
const kept = JSON.stringify({ workflowId, history }, (key, value) =>
  key === 'stackTrace' || key === 'identity' ? undefined : value,
);
const file = join(root, 'test', 'workflows', 'histories', `${name}.json.gz`);
writeFileSync(file, gzipSync(kept, { level: 9 }));
console.log(`${file}: ${history.events.length} events`);
