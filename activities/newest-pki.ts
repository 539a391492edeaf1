import type { ReadinessProblem } from '../cluster/failover/decision.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { answering } from './answering.ts';
import { backupsIn } from './backup-list.ts';
import { openBackup } from './open-backup.ts';
import { type TarEntry, tarEntries } from './tar.ts';

export interface PkiBackup {
  readonly name: string;
  readonly from: string;
  readonly entries: readonly TarEntry[];
  /** Content by path under /etc/kubernetes. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Why no backup serves, as a candidate's readiness says it. */
export interface NoPki {
  readonly problem: ReadinessProblem;
  readonly why: string;
}

/** More than this were broken at once: a person should look. */
const tries = 3;
const root = 'etc/kubernetes/';

/**
 * The newest backup of the PKI that can be opened, from any place that answers. Its keys are in memory from here on:
 * they go to the host that needs them and nowhere else.
 */
export async function newestPki(
  places: readonly Host[],
  cluster: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<PkiBackup | NoPki> {
  const { backups, live } = await backupsIn(await answering(places, signal), cluster, signal);
  const newest = backups.filter(({ kind }) => kind === 'pki').slice(0, tries);
  const why: string[] = [];
  for (const backup of newest) {
    for (const { place } of backup.copies) {
      try {
        const content = await openBackup(place, cluster, backup, keys, signal);
        const bytes = Buffer.from(await new Response(content).arrayBuffer());
        return { name: backup.name, from: place.name, ...inside(tarEntries(bytes)) };
      } catch (error) {
        if (!(error instanceof HostError) && !(error instanceof RangeError)) throw error;
        why.push(`${place.name}: ${backup.name}: ${error.message.slice(0, 200)}`);
      }
    }
  }
  if (newest.length === 0)
    return { problem: 'no-backup', why: `no PKI backup on ${live.map(({ name }) => name).join(', ')}` };
  const locked = why.every((one) => one.includes('no identity matched'));
  return { problem: locked ? 'backup-key' : 'no-backup', why: why.join('; ') };
}

/** A backup writes below /etc/kubernetes alone, and neither there where the control plane's own manifests are. */
function inside(entries: readonly TarEntry[]): Pick<PkiBackup, 'entries' | 'files'> {
  const strange = entries.find(
    ({ path }) =>
      !path.startsWith(root) ||
      path.split('/').includes('..') ||
      /^etc\/kubernetes\/(manifests|kubelet\.conf)(\/|$)/.test(path),
  );
  if (strange) throw new RangeError(`it holds ${strange.path}, which is no part of a PKI`);
  const files = entries.flatMap(({ kind, path, content }) =>
    kind === 'file' ? [[path.slice(root.length), content] as const] : [],
  );
  return { entries, files: new Map(files) };
}
