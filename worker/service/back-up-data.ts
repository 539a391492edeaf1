import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { execa } from 'execa';

export interface DataBackup {
  readonly file: string;
  readonly bytes: number;
  readonly namespaces: number;
  /** Names of older ones that were removed. */
  readonly removed: readonly string[];
}

export interface DataBackupInput {
  /** Temporal's SQLite file. The server may go on writing meanwhile. */
  readonly data: string;
  readonly folder: string;
  /** So many are kept, the newest. */
  readonly keep: number;
  readonly now: Date;
}

/**
 * Copies the embedded server's data as it is at one moment, opens the copy, and keeps it compressed:
 * `temporal-20261125T020804Z.db.gz`, 0600. What cannot be read as Temporal's data is an error, and no backup.
 */
export async function backUpData({ data, folder, keep, now }: DataBackupInput): Promise<DataBackup> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `temporal-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.db.gz`);
  const copy = join(folder, `.copy-${process.pid}.db`);
  const packed = `${copy}.gz`;
  try {
    const namespaces = await copyAndCheck(data, copy);
    await pipeline(
      createReadStream(copy),
      createGzip(),
      createWriteStream(packed, { mode: 0o600, flags: 'wx' }),
    );
    await onDisk(packed);
    await rename(packed, file);
    return { file, bytes: (await stat(file)).size, namespaces, removed: await prune(folder, keep) };
  } finally {
    for (const path of [copy, `${copy}-wal`, `${copy}-shm`, `${copy}-journal`, packed])
      await rm(path, { force: true });
  }
}

/** SQLite's own online backup, by the sqlite3 that comes with Python: Node has none before version 22. */
const script = `
import os, sqlite3, sys, urllib.parse
os.umask(0o077)
data, copy = sys.argv[1:]
source = sqlite3.connect("file:" + urllib.parse.quote(data) + "?mode=ro", uri=True, timeout=60)
target = sqlite3.connect(copy)
source.backup(target)
for (verdict,) in target.execute("pragma integrity_check"):
    if verdict != "ok":
        sys.exit("the copy is damaged: " + verdict)
print(target.execute("select count(*) from namespaces").fetchone()[0])
`;

async function copyAndCheck(data: string, copy: string): Promise<number> {
  const { exitCode, stdout, stderr, shortMessage } = await execa(
    'python3',
    ['-I', '-c', script, data, copy],
    {
      reject: false,
      stdin: 'ignore',
      timeout: 25 * 60_000,
    },
  );
  const namespaces = Number(stdout);
  if (exitCode === 0 && namespaces > 0) return namespaces;
  const why = exitCode === 0 ? 'no namespace is in it' : stderr.trim().split('\n').at(-1) || shortMessage;
  throw new Error(
    `${data}: no backup was made: ${why}. It takes python3 with its sqlite3 module, and Temporal's own file.`,
  );
}

async function onDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

async function prune(folder: string, keep: number): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => /^temporal-\d{8}T\d{6}Z\.db\.gz$/.test(name)).sort();
  const old = names.slice(0, Math.max(0, names.length - keep));
  for (const name of old) await rm(join(folder, name));
  return old;
}
