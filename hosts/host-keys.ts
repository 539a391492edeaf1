import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { SshTarget } from '../cluster/cluster.ts';
import { localPath } from './credentials.ts';
import { HostError } from './errors.ts';
import { fingerprint, hostName, keysFor, parseKnownHosts, verify, withHostKeys } from './known-hosts.ts';
import type { HostKey, KnownHosts, Verdict } from './known-hosts.ts';

/** Signature algorithms by the type of key they need, best first. */
const algorithms: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/**
 * Algorithms to offer a host: types on file first, so that it shows a key we can compare. The others follow, so that
 * a host whose key changed its type is told apart from one that speaks no common algorithm.
 */
export function hostKeyAlgorithms(known: KnownHosts, target: SshTarget): string[] {
  const onFile = keysFor(known, target.address, target.port).map((key) => key.type);
  return [...new Set([...onFile, ...Object.keys(algorithms)].flatMap((type) => algorithms[type] ?? []))];
}

/** The file that the spec names. A missing file is an empty one: every host in it is unknown. */
export async function readKnownHosts(target: SshTarget): Promise<KnownHosts> {
  return parseKnownHosts(await readText(target));
}

/** Undefined when the key is the one on file; else the error that says what to do. */
export function hostKeyProblem(known: KnownHosts, target: SshTarget, key: HostKey): HostError | undefined {
  const name = hostName(target.address, target.port);
  const shown = `${name} shows the host key ${shownAs(key)}`;
  const mismatch = (message: string, next: string) =>
    new HostError('HostKeyMismatch', target.name, message, { next });
  const verdict = verify(known, target.address, target.port, key);
  switch (verdict.verdict) {
    case 'known':
      return undefined;
    case 'unknown':
      return mismatch(
        `${shown}, and ${target.knownHosts} has none for it`,
        'Compare the fingerprint with the one on the machine, then run: holdfast trust SPEC',
      );
    case 'revoked':
      return mismatch(
        `${shown}, which ${target.knownHosts} marks as revoked`,
        'Give the machine new host keys, then run: holdfast trust SPEC',
      );
    case 'changed':
      return mismatch(
        `the host key has changed: ${shown}, ${target.knownHosts} has ${verdict.expected.map(shownAs).join(', ')}`,
        'If the machine was reinstalled, take its old line out of known_hosts and run: holdfast trust SPEC. If not, someone may stand between: do not go on.',
      );
  }
}

/** How a key stands to the file that the spec names. */
export async function knownHostState(target: SshTarget, key: HostKey): Promise<Verdict['verdict']> {
  return verify(await readKnownHosts(target), target.address, target.port, key).verdict;
}

/** Files a key for a host in place of those it had. One writer at a time: callers await each call. */
export async function addKnownHost(target: SshTarget, key: HostKey): Promise<void> {
  const path = localPath(target.knownHosts);
  const text = withHostKeys(await readText(target), target.address, target.port, [key]);
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
  await rename(temporary, path);
}

async function readText(target: SshTarget): Promise<string> {
  const path = localPath(target.knownHosts);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    const why = error instanceof Error ? error.message : String(error);
    throw new HostError('LocalFileUnreadable', target.name, `cannot read known_hosts ${path}: ${why}`, {
      next: `Make ${path} readable for the worker process.`,
    });
  }
}

function shownAs(key: HostKey): string {
  return `${key.type} ${fingerprint(key)}`;
}
