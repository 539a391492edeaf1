import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file under activities/ that is not TypeScript: found from the sources and from dist/ alike. */
export function shippedFile(...path: readonly string[]): Promise<Buffer> {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, 'package.json'))) dir = dirname(dir);
  return readFile(join(dir, 'activities', ...path));
}
