import { createHash, createHmac } from 'node:crypto';

/** A host's public key as it stands on the wire. */
export interface HostKey {
  /** e.g. ssh-ed25519 */
  readonly type: string;
  readonly blob: Buffer;
}

export interface KnownHosts {
  readonly entries: readonly Entry[];
  /** Lines that are not used, and why, for a person. */
  readonly notes: readonly string[];
}

interface Entry {
  readonly patterns: string;
  readonly revoked: boolean;
  readonly key: HostKey;
}

export type Verdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'revoked' }
  | { readonly verdict: 'changed'; readonly expected: readonly HostKey[] };

/** Reads OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Certificate authorities are not used. */
export function parseKnownHosts(text: string): KnownHosts {
  const entries: Entry[] = [];
  const notes: string[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(/[ \t]+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [patterns, type, base64] = words;
    if (marker === '@cert-authority') notes.push(`line ${i + 1}: certificate authorities are not used`);
    else if (marker && marker !== '@revoked') notes.push(`line ${i + 1}: unknown marker ${marker}`);
    else if (!patterns || !type || !base64) notes.push(`line ${i + 1}: not a known_hosts entry`);
    else {
      const blob = Buffer.from(base64, 'base64');
      if (keyType(blob) !== type) notes.push(`line ${i + 1}: the key is not of type ${type}`);
      else entries.push({ patterns, revoked: marker === '@revoked', key: { type, blob } });
    }
  }
  return { entries, notes };
}

/** Keys on file for an address, revoked ones left out. */
export function keysFor(known: KnownHosts, address: string, port: number): readonly HostKey[] {
  return matching(known, address, port)
    .filter((entry) => !entry.revoked)
    .map((entry) => entry.key);
}

/** Compares raw blobs: a key that merely has a known type or fingerprint is not enough. */
export function verify(known: KnownHosts, address: string, port: number, key: HostKey): Verdict {
  const entries = matching(known, address, port);
  const same = entries.filter((entry) => entry.key.blob.equals(key.blob));
  if (same.some((entry) => entry.revoked)) return { verdict: 'revoked' };
  if (same.length > 0) return { verdict: 'known' };
  const expected = entries.filter((entry) => !entry.revoked).map((entry) => entry.key);
  return expected.length > 0 ? { verdict: 'changed', expected } : { verdict: 'unknown' };
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(key: HostKey): string {
  return `SHA256:${createHash('sha256').update(key.blob).digest('base64').replace(/=+$/, '')}`;
}

/** A key as the wire carries it. */
export function hostKey(blob: Buffer): HostKey {
  return { type: keyType(blob), blob };
}

/** The type that a blob names itself: its first string. Empty when it is none. */
function keyType(blob: Buffer): string {
  if (blob.length < 4) return '';
  const length = blob.readUInt32BE(0);
  return length > 0 && blob.length >= 4 + length ? blob.toString('latin1', 4, 4 + length) : '';
}

/** The name under which OpenSSH files an address. */
export function hostName(address: string, port: number): string {
  return port === 22 ? address : `[${address}]:${port}`;
}

export function knownHostsLine(address: string, port: number, key: HostKey): string {
  return `${hostName(address, port)} ${key.type} ${key.blob.toString('base64')}`;
}

/** The text with these keys for this address, and no others but those that a wildcard or a revocation gives. */
export function withHostKeys(text: string, address: string, port: number, keys: readonly HostKey[]): string {
  const name = hostName(address, port);
  const kept = text
    .split('\n')
    .map((line) => withoutName(line, name))
    .filter((line): line is string => line !== undefined);
  while (kept.at(-1) === '') kept.pop();
  return [...kept, ...keys.map((key) => knownHostsLine(address, port, key)), ''].join('\n');
}

function withoutName(line: string, name: string): string | undefined {
  const patterns = line.split(/[ \t]/, 1)[0] ?? '';
  if (patterns.startsWith('@') || patterns.startsWith('#')) return line;
  if (patterns.startsWith('|1|')) return hashMatches(patterns, name) ? undefined : line;
  const all = patterns.split(',');
  const left = all.filter((pattern) => pattern !== name);
  if (left.length === all.length) return line;
  return left.length === 0 ? undefined : left.join(',') + line.slice(patterns.length);
}

function matching(known: KnownHosts, address: string, port: number): readonly Entry[] {
  const name = hostName(address, port);
  return known.entries.filter((entry) => patternsMatch(entry.patterns, name));
}

/** One matching negated pattern refuses the whole line, wherever it stands. */
function patternsMatch(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return hashMatches(patterns, name);
  const all = patterns.split(',');
  if (all.some((pattern) => pattern.startsWith('!') && glob(pattern.slice(1), name))) return false;
  return all.some((pattern) => !pattern.startsWith('!') && glob(pattern, name));
}

function glob(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}

function hashMatches(hashed: string, name: string): boolean {
  const [, , salt = '', hash] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
