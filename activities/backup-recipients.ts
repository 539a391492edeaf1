import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { HostError } from '../hosts/errors.ts';

/**
 * Who can open the cluster's backups. Where the spec names nobody: a key of the worker's own machine, made once
 * (`~/.config/holdfast/<cluster>/backup.agekey`, 0600, in the format of age-keygen).
 */
export async function backupRecipients(
  cluster: string,
  recipients: readonly string[],
  host: string,
): Promise<readonly string[]> {
  if (recipients.length > 0) return recipients;
  const dir = join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'holdfast', cluster);
  const file = join(dir, 'backup.agekey');
  try {
    const identity = (await existing(file)) ?? (await make(dir, file));
    return [await identityToRecipient(identity)];
  } catch (error) {
    // The parser's words could hold a part of the key.
    const code = (error as NodeJS.ErrnoException).code ?? 'it is no age identity';
    throw new HostError('LocalFileUnreadable', host, `${file} on the worker's machine: ${code}`, {
      next: 'Name recipients in the spec (backup.recipients), or mend that file.',
    });
  }
}

async function existing(file: string): Promise<string | undefined> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
    return lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two backups may start at once: a hard link is made once only, so the second takes the first one's key. */
async function make(dir: string, file: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const identity = await generateX25519Identity();
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(
      `# opens the backups of the cluster; keep a copy elsewhere\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`,
    );
    await handle.sync();
  } finally {
    await handle.close();
  }
  return publish(fresh, file, identity);
}

async function publish(fresh: string, file: string, identity: string): Promise<string> {
  try {
    await link(fresh, file);
    return identity;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await existing(file)) as string;
  } finally {
    await rm(fresh, { force: true });
  }
}
