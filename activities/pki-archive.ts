import { X509Certificate, createPrivateKey } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { neededForPromotion } from './pki.ts';
import { tarEntries } from './tar.ts';

/** Keys and configuration, a few kB; what is larger holds something else. */
const most = 64 * 1024 * 1024;

/**
 * Why a promotion could not be made from this unpacked backup of the PKI; undefined where it could. `ca`: fingerprint
 * of the cluster's own, or why it is not known.
 */
export async function whyNoPki(
  content: ReadableStream<Uint8Array>,
  ca: { readonly value: string } | { readonly why: string },
): Promise<string | undefined> {
  const archive = await buffer(content as never);
  if (archive.length > most) return `${archive.length} bytes are too many for a PKI`;
  const files = new Map(tarEntries(archive).map(({ path, content }) => [path, content]));
  const missing = neededForPromotion.filter((name) => !files.has(name));
  if (missing.length > 0) return `it lacks ${missing.join(', ')}`;
  const read = (name: string) => files.get(`etc/kubernetes/ssl/${name}`) as Buffer;
  for (const name of ['ca', 'front-proxy-ca'])
    if (!new X509Certificate(read(`${name}.crt`)).checkPrivateKey(createPrivateKey(read(`${name}.key`))))
      return `${name}.key does not fit ${name}.crt`;
  const own = new X509Certificate(read('ca.crt')).fingerprint256;
  if ('why' in ca) return `whether its CA is the cluster’s is not known: ${ca.why}`;
  return own === ca.value ? undefined : `its CA is not the cluster’s: ${own}, not ${ca.value}`;
}
