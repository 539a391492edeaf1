import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type Missed, onEvery } from './backup-places.ts';
import type { Backup } from './backup-store.ts';

export interface BackupFile {
  readonly name: string;
  readonly kind: Backup['kind'];
  /** When it was made, as its name says: ms since 1970. */
  readonly made: number;
  readonly note: string;
  /** In the order of the places that were asked. */
  readonly copies: readonly { readonly place: Host; readonly size: number }[];
}

export interface BackupList {
  /** Newest first. */
  readonly backups: readonly BackupFile[];
  /** Places that answered. */
  readonly live: readonly Host[];
  readonly missed: readonly Missed[];
}

/** The newest twenty of each kind in each place. A place that does not answer is passed over where another does. */
export async function backupsIn(
  places: readonly Host[],
  cluster: string,
  signal: AbortSignal,
): Promise<BackupList> {
  const missed: Missed[] = [];
  const found = new Map<string, BackupFile>();
  const live = await onEvery(places, missed, async (place) => {
    const { stdout } = await place.run(list(bastionPaths(cluster).backups), { sudo: true, signal });
    for (const line of stdout.split('\n')) {
      const file = parsed(line);
      if (!file) continue;
      const { copies, ...known } = found.get(file.name) ?? { ...file, copies: [] };
      found.set(file.name, { ...known, copies: [...copies, { place, size: file.size }] });
    }
  });
  const order = (copy: { readonly place: Host }) => places.indexOf(copy.place);
  const backups = [...found.values()]
    .map((file) => ({ ...file, copies: file.copies.toSorted((a, b) => order(a) - order(b)) }))
    .toSorted((a, b) => b.made - a.made);
  return { backups, live, missed };
}

/** Of etcd, as the note of its backup says; undefined where it says none. */
export function revisionOf({ note }: Pick<BackupFile, 'note'>): number | undefined {
  const told = /^revision (\d+) /.exec(note)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** The highest that a backup tells of, or 0. A restore raises it above all that it knows of, so that it never falls. */
export function highestRevision({ backups }: Pick<BackupList, 'backups'>): number {
  return Math.max(0, ...backups.map((backup) => revisionOf(backup) ?? 0));
}

/** The newest backup of a kind that stands, whole, in every place that answers, with its note and age in minutes. */
export async function newestBackup(
  places: readonly Host[],
  cluster: string,
  kind: Backup['kind'],
  signal: AbortSignal,
): Promise<{ newest?: NewestBackup; missed: readonly Missed[] }> {
  const list = await backupsIn(places, cluster, signal);
  const newest = newestOf(list, kind);
  return { ...(newest && { newest }), missed: list.missed };
}

export function newestOf({ backups, live }: BackupList, kind: Backup['kind']): NewestBackup | undefined {
  const first = backups.find((backup) => backup.kind === kind);
  if (!first || first.copies.length < live.length) return undefined;
  const { name, note, made } = first;
  return { name, note, minutes: (Date.now() - made) / 60_000 };
}

interface NewestBackup {
  readonly name: string;
  readonly note: string;
  readonly minutes: number;
}

const list = (dir: string) =>
  sh`cd ${dir} 2>/dev/null || exit 0; for kind in etcd pki; do ls -1 | grep -E "^$kind-[0-9]{8}T[0-9]{6}Z\\..*\\.age$" | sort -r | head -n 20 | while read -r file; do echo "$file $(stat -c %s "$file") $(cat "$file.note" 2>/dev/null)"; done; done`;

function parsed(line: string) {
  const match = /^((etcd|pki)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.\S+) (\d+) (.*)$/.exec(line);
  if (!match) return undefined;
  const [, name = '', kind, year, month, day, hour, minute, second, size, note = ''] = match;
  const made = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return { name, kind: kind as Backup['kind'], made, note: note.trim(), size: Number(size) };
}
