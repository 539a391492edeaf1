import { Decrypter } from 'age-encryption';
import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { fileStream } from './backup-store.ts';
import type { BackupFile } from './backup-list.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type Deps, problem } from './step.ts';

/**
 * The private keys that open backups: a file on the worker's machine as `age-keygen` writes it, named in the
 * environment. Read anew each time, so that a key that was put there serves without a restart.
 */
export async function backupKeys({ backupIdentity, readLocalFile }: Deps): Promise<readonly string[]> {
  const next =
    'Put the file with the age identity on the worker’s machine, name it in HOLDFAST_BACKUP_IDENTITY, and start the worker again.';
  if (backupIdentity === undefined)
    throw problem(
      'the worker',
      'it has no key that opens backups (HOLDFAST_BACKUP_IDENTITY is not set)',
      next,
    );
  let text: string;
  try {
    text = String(await readLocalFile(backupIdentity));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new HostError('LocalFileUnreadable', 'the worker', `${backupIdentity} cannot be read (${why})`, {
      next,
    });
  }
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (keys.length === 0) throw problem('the worker', `${backupIdentity} holds no age identity`, next);
  if (!keys.every(isIdentity))
    throw problem('the worker', `${backupIdentity} holds an age identity that is not whole`, next);
  return keys;
}

/** The library's own complaint would show the key. */
function isIdentity(key: string): boolean {
  try {
    new Decrypter().addIdentity(key);
    return true;
  } catch {
    return false;
  }
}

/** The content of a backup, decrypted and unpacked on its way. Whoever reads it to its end knows that it is whole. */
export async function openBackup(
  place: Host,
  cluster: string,
  { name, copies }: Pick<BackupFile, 'name' | 'copies'>,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const size = copies.find((copy) => copy.place.name === place.name)?.size ?? 0;
  const path = `${bastionPaths(cluster).backups}/${name}`;
  const decrypter = new Decrypter();
  for (const key of keys) decrypter.addIdentity(key);
  const sealed = fileStream(place, { path, size }, signal);
  const opened = await decrypter.decrypt(sealed).catch((error: unknown) => {
    if (error instanceof HostError) throw error;
    throw unopened(place, name, error);
  });
  return checked(opened.pipeThrough(new DecompressionStream('gzip')), place, name);
}

/** What the libraries say of a broken file, as a problem with that file. */
function checked(content: ReadableStream<Uint8Array>, place: Host, name: string): ReadableStream<Uint8Array> {
  const reader = content.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw error instanceof HostError ? error : unopened(place, name, error);
      });
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function unopened(place: Host, name: string, error: unknown): HostError {
  const why = error instanceof Error ? error.message : String(error);
  return problem(
    place.name,
    `${name} cannot be opened: ${why}`,
    'Is the worker’s key (HOLDFAST_BACKUP_IDENTITY) one of the spec’s recipients? Else this backup is broken: holdfast backup makes another.',
  );
}
