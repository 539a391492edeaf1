import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What a backup of the PKI must hold, with the names under /etc/kubernetes. */
const pairs = [
  { certificate: 'ssl/ca.crt', key: 'ssl/ca.key' },
  { certificate: 'ssl/front-proxy-ca.crt', key: 'ssl/front-proxy-ca.key' },
] as const;
const account = { publicKey: 'ssl/sa.pub', key: 'ssl/sa.key' } as const;

/**
 * Why these keys must not be used: one is missing, does not fit its certificate, or belongs to another cluster than
 * `ownCa`. Undefined: they are this cluster's, whole. Another CA would cut off every node, so nothing is ever made anew.
 */
export function whyUnfit(files: ReadonlyMap<string, Buffer>, ownCa: string): string | undefined {
  const needed = [...pairs.flatMap(({ certificate, key }) => [certificate, key]), ...Object.values(account)];
  const missing = needed.filter((name) => !files.has(name));
  if (missing.length > 0) return `it lacks ${missing.join(', ')}`;
  try {
    const ca = certificateIn(files, 'ssl/ca.crt');
    if (ca.fingerprint256 !== new X509Certificate(ownCa).fingerprint256) return 'its CA is not the cluster’s';
    const expired = pairs.find(
      ({ certificate }) => Date.parse(certificateIn(files, certificate).validTo) < Date.now(),
    );
    if (expired) return `${expired.certificate} has expired`;
    const unfit = pairs.find(
      ({ certificate, key }) => !certificateIn(files, certificate).checkPrivateKey(keyIn(files, key)),
    );
    if (unfit) return `${unfit.key} does not fit ${unfit.certificate}`;
    const derived = spki(createPublicKey(keyIn(files, account.key)));
    if (!derived.equals(spki(createPublicKey(contentOf(files, account.publicKey)))))
      return `${account.key} does not fit ${account.publicKey}`;
    return undefined;
  } catch {
    // OpenSSL's words say nothing that a person could use.
    return 'one of its keys or certificates, or the cluster’s ca.crt, cannot be read';
  }
}

function certificateIn(files: ReadonlyMap<string, Buffer>, name: string): X509Certificate {
  return new X509Certificate(contentOf(files, name));
}

function keyIn(files: ReadonlyMap<string, Buffer>, name: string): KeyObject {
  return createPrivateKey(contentOf(files, name));
}

function contentOf(files: ReadonlyMap<string, Buffer>, name: string): Buffer {
  return files.get(name) ?? Buffer.alloc(0);
}

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
