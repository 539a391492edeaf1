import { createHash, randomBytes } from 'node:crypto';
import type { Host } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';
import { inPieces } from '../backup-store.ts';
import { notYet } from '../step.ts';

/** The same content on every member, each of which looks at its hash before the file gets its name. */
export async function writeSnapshot(
  members: readonly Host[],
  { dir, snapshot }: { readonly dir: string; readonly snapshot: string },
  content: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<{ sum: string; bytes: number }> {
  const part = `${snapshot}.${randomBytes(4).toString('hex')}.part`;
  const onAll = (work: (host: Host) => Promise<unknown>) => Promise.all(members.map(work));
  // Half of one must not take the room: not of an attempt that broke off, nor of this one.
  const clear = sh`rm -f -- ${snapshot}.*.part`;
  await onAll((host) =>
    host.run(sh`install -d -m 0700 ${dir} && ${clear} && umask 077 && : > ${part}`, { sudo: true, signal }),
  );
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of inPieces(content)) {
      hash.update(piece);
      bytes += piece.length;
      await onAll((host) =>
        host.run(sh`cat >> ${part}`, { sudo: true, signal, stdin: piece, secret: true, timeout: 300 }),
      );
    }
    const sum = hash.digest('hex');
    await onAll((host) => finish(host, { part, snapshot, sum }, signal));
    return { sum, bytes };
  } catch (error) {
    await Promise.allSettled(members.map((host) => host.run(clear, { sudo: true, signal })));
    throw error;
  }
}

async function finish(
  host: Host,
  { part, snapshot, sum }: { part: string; snapshot: string; sum: string },
  signal: AbortSignal,
): Promise<void> {
  const { stdout } = await host.run(sh`sync ${part} && sha256sum < ${part}`, {
    sudo: true,
    signal,
    timeout: 300,
  });
  if (stdout.slice(0, 64) !== sum)
    throw notYet(host.name, 'the snapshot did not arrive whole', `Is the disk of ${host.name} full?`);
  await host.run(sh`mv -f ${part} ${snapshot}`, { sudo: true, signal });
}
