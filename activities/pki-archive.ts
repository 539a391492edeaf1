import { buffer } from 'node:stream/consumers';
import { whyUnfit } from './pki-material.ts';
import { neededForPromotion } from './pki.ts';
import { tarEntries } from './tar.ts';

/** Keys and configuration, a few kB; what is larger holds something else. */
const most = 64 * 1024 * 1024;

/**
 * Why a promotion could not be made from this unpacked backup of the PKI; undefined where it could. `ca`: certificate
 * of the cluster's own, or why it is not known.
 */
export async function whyNoPki(
  content: ReadableStream<Uint8Array>,
  ca: { readonly value: string } | { readonly why: string },
): Promise<string | undefined> {
  const archive = await buffer(content as never);
  if (archive.length > most) return `${archive.length} bytes are too many for a PKI`;
  try {
    const root = 'etc/kubernetes/';
    const files = new Map(tarEntries(archive).map(({ path, content }) => [path, content]));
    const missing = neededForPromotion.filter((name) => !files.has(name));
    if (missing.length > 0) return `it lacks ${missing.join(', ')}`;
    if ('why' in ca) return `whether its CA is the cluster’s is not known: ${ca.why}`;
    return whyUnfit(new Map([...files].map(([path, bytes]) => [path.slice(root.length), bytes])), ca.value);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
