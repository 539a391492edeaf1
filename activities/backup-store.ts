import { createHash, randomBytes } from 'node:crypto';
import { Encrypter } from 'age-encryption';
import type { Host } from '../hosts/host.ts';
import { tail } from '../hosts/redact.ts';
import { sh } from '../hosts/shell.ts';
import { notYet } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type Missed, onEvery } from './backup-places.ts';

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

export interface Stored {
  readonly name: string;
  readonly bytes: number;
  /** Places that hold it. */
  readonly on: readonly string[];
  readonly missed: readonly Missed[];
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
 * place; looks at size and hash; then removes what is older than the newest `keep`. A place that fails is left out
 * from then on, as long as another lives.
 */
export async function storeBackup(
  places: readonly Host[],
  backup: Backup,
  content: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<Stored> {
  const dir = bastionPaths(backup.cluster).backups;
  const name = `${backup.kind}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}.${backup.suffix}`;
  const part = `${dir}/.${name}.${randomBytes(4).toString('hex')}.part`;
  const missed: Missed[] = [];
  // What an earlier one left behind goes; one that another writes at this moment stays.
  let live = await onEvery(places, missed, (host) =>
    host.run(
      sh`install -d -m 0700 ${dir.slice(0, dir.lastIndexOf('/'))} ${dir} && find ${dir} -maxdepth 1 -name ${`.${backup.kind}-*.part`} -mmin +60 -delete && umask 077 && : > ${part}`,
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
    live = await onEvery(live, missed, (host) =>
      host.run(sh`cat >> ${part}`, { sudo: true, signal, stdin: chunk, secret: true, timeout: 300 }),
    );
  }
  const sum = hash.digest('hex');
  live = await onEvery(live, missed, (host) =>
    finish(host, backup, { part, path: `${dir}/${name}`, sum }, signal),
  );
  return { name, bytes, on: live.map((place) => place.name), missed };
}

async function finish(
  host: Host,
  { kind, keep, note, suffix, cluster }: Backup,
  { part, path, sum }: { part: string; path: string; sum: string },
  signal: AbortSignal,
): Promise<void> {
  const dir = bastionPaths(cluster).backups;
  const { stdout } = await host.run(sh`sync ${part} && sha256sum < ${part}`, {
    sudo: true,
    signal,
    timeout: 300,
  });
  if (stdout.slice(0, 64) !== sum)
    throw notYet(host.name, `${path} did not arrive whole`, `Is the disk of ${host.name} full?`);
  await host.run(sh`printf %s ${note ?? ''} > ${path}.note; chmod 0600 ${path}.note; mv -f ${part} ${path}`, {
    sudo: true,
    signal,
  });
  // Names hold the time in UTC, so their order is the order of making.
  await host.run(
    sh`cd ${dir} && ls -1 | grep -E ${`^${kind}-[0-9TZ]+\\.${suffix.replaceAll('.', '\\.')}$`} | sort -r | tail -n +${keep + 1} | while read -r old; do rm -f -- "$old" "$old.note"; done`,
    { sudo: true, signal },
  );
}

/** age writes chunks of 64 kB, each of which would be a command of its own. */
export async function* inPieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
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
