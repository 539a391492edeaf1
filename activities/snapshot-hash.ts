import { createHash } from 'node:crypto';

const hashBytes = 32;

/**
 * Why this is no whole snapshot of etcd, reading it to its end; undefined where it is one. etcd appends the SHA-256 of
 * the database to what it sends, and a database is made of whole pages.
 */
export async function whyNoSnapshot(content: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const hash = createHash('sha256');
  let held = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    const all = Buffer.concat([held, chunk]);
    const end = Math.max(0, all.length - hashBytes);
    hash.update(all.subarray(0, end));
    held = all.subarray(end);
  }
  if (size % 512 !== hashBytes) return `${size} bytes are no database with a hash behind it`;
  return hash.digest().equals(held) ? undefined : 'its hash is not that of its content';
}
