import { createHash } from 'node:crypto';
import { Encrypter } from 'age-encryption';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { tail } from '../hosts/redact.ts';
import { sh } from '../hosts/shell.ts';
import { notYet } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';

/** Bytes of a snapshot in memory at a time: a few of these pieces are on their way. */
const piece = 4 * 1024 * 1024;

export interface Backup {
  readonly cluster: string;
  readonly kind: 'etcd' | 'pki';
  /** After the date: `db.gz.age`, `tar.gz.age`. */
  readonly suffix: string;
  readonly recipients: readonly string[];
  readonly keep: number;
  /** Said in a file beside, to tell later whether a new backup would be the same. */
  readonly note?: string;
}

/**
 * A file of a host, piece by piece. It must not change meanwhile. A pipe ends as its last command does, so a read that
 * failed looks like the end of the file: only its known size tells.
 */
export function fileStream(
  host: Host,
  { path, size }: { path: string; size: number },
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let read = 0;
  return new ReadableStream({
    async pull(controller) {
      const { stdout, stderr } = await host.run(
        sh`dd if=${path} bs=${piece} skip=${read / piece} count=1 status=none | base64 -w0`,
        { sudo: true, signal, secret: true, maxBytes: 2 * piece, timeout: 300 },
      );
      const bytes = Buffer.from(stdout, 'base64');
      if (bytes.length !== Math.min(piece, size - read))
        throw notYet(
          host.name,
          `${path} could be read to ${read + bytes.length} of ${size} bytes: ${tail(stderr)}`,
          `Is there another backup of ${host.name} under way, or is its disk ill?`,
        );
      read += bytes.length;
      controller.enqueue(bytes);
      if (read === size) controller.close();
    },
  });
}

/**
 * Encrypts on its way through the worker, so that what is written is closed from its first byte; writes to every
 * place; looks at size and hash; then removes what is older than the newest `keep`. Returns name and size.
 */
export async function storeBackup(
  places: readonly Host[],
  backup: Backup,
  content: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<{ name: string; bytes: number }> {
  const dir = bastionPaths(backup.cluster).backups;
  const name = `${backup.kind}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}.${backup.suffix}`;
  const part = `${dir}/.${name}.part`;
  await onEvery(places, (host) =>
    host.run(
      sh`install -d -m 0700 ${dir.slice(0, dir.lastIndexOf('/'))} ${dir} && rm -f ${dir}/.${`${backup.kind}-`}*.part && umask 077 && : > ${part}`,
      { sudo: true, signal },
    ),
  );
  const encrypter = new Encrypter();
  for (const recipient of backup.recipients) encrypter.addRecipient(recipient);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of inPieces(await encrypter.encrypt(content))) {
    hash.update(chunk);
    bytes += chunk.length;
    await onEvery(places, (host) =>
      host.run(sh`cat >> ${part}`, { sudo: true, signal, stdin: chunk, secret: true, timeout: 300 }),
    );
  }
  await finish(places, backup, { part, path: `${dir}/${name}`, sum: hash.digest('hex') }, signal);
  return { name, bytes };
}

async function finish(
  places: readonly Host[],
  { kind, keep, note, suffix, cluster }: Backup,
  { part, path, sum }: { part: string; path: string; sum: string },
  signal: AbortSignal,
): Promise<void> {
  const dir = bastionPaths(cluster).backups;
  await onEvery(places, async (host) => {
    const { stdout } = await host.run(sh`sync ${part} && sha256sum < ${part}`, {
      sudo: true,
      signal,
      timeout: 300,
    });
    if (stdout.slice(0, 64) !== sum)
      throw notYet(host.name, `${path} did not arrive whole`, `Is the disk of ${host.name} full?`);
    await host.run(
      sh`printf %s ${note ?? ''} > ${path}.note; chmod 0600 ${path}.note; mv -f ${part} ${path}`,
      {
        sudo: true,
        signal,
      },
    );
    // Names hold the time in UTC, so their order is the order of making.
    await host.run(
      sh`cd ${dir} && ls -1 | grep -E ${`^${kind}-[0-9TZ]+\\.${suffix.replaceAll('.', '\\.')}$`} | sort -r | tail -n +${keep + 1} | while read -r old; do rm -f -- "$old" "$old.note"; done`,
      { sudo: true, signal },
    );
  });
}

/** All places are tried; the first error is thrown after the last has ended. */
async function onEvery(places: readonly Host[], work: (host: Host) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(places.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** age writes chunks of 64 kB, each of which would be a command of its own. */
async function* inPieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    held.push(chunk);
    size += chunk.length;
    if (size < piece) continue;
    yield Buffer.concat(held);
    [held, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(held);
}

/** The newest backup of a kind that stands, whole, in every place, with its note and age in minutes. */
export async function newestBackup(
  places: readonly Host[],
  cluster: string,
  kind: Backup['kind'],
  signal: AbortSignal,
): Promise<{ name: string; note: string; minutes: number } | undefined> {
  const dir = bastionPaths(cluster).backups;
  const seen = await Promise.all(
    places.map((host) =>
      host.run(
        sh`cd ${dir} 2>/dev/null || exit 0; newest=$(ls -1 | grep -E ${`^${kind}-[0-9TZ]+\\..*\\.age$`} | sort | tail -n 1); [ -n "$newest" ] || exit 0; echo "$newest"; echo $(( ($(date +%s) - $(stat -c %Y "$newest")) / 60 )); cat "$newest.note" 2>/dev/null || true`,
        { sudo: true, signal },
      ),
    ),
  );
  const [first, ...others] = seen.map(({ stdout }) => stdout);
  const [name, minutes, note = ''] = (first ?? '').split('\n');
  if (!name || others.some((other) => other.split('\n')[0] !== name)) return undefined;
  return { name, note: note.trim(), minutes: Number(minutes) };
}

/** The bastion and the hosts that get a copy, each once. */
export function backupPlaces(
  bastion: Host,
  alsoTo: readonly string[],
  other: (name: string) => Host,
): readonly Host[] {
  return [bastion, ...alsoTo.filter((name) => name !== bastion.name).map(other)];
}

/** The first host for which `work` succeeds; when none does, why each did not, and the last one's command and output. */
export async function firstOf<T>(
  names: readonly string[],
  other: (name: string) => Host,
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const failures: HostError[] = [];
  for (const name of names) {
    try {
      return await work(other(name));
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      failures.push(error);
    }
  }
  const last = failures.at(-1);
  const why = failures.map(({ host, message }) => `${host}: ${message.slice(0, 300)}`).join('; ');
  const next = 'Look at the hosts named, then retry.';
  throw new HostError('NotYet', last?.host ?? 'no host', why, { ...last?.details, next });
}
