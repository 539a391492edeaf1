import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, problem, step } from './step.ts';
import { backupsIn, highestRevision, newestOf } from './backup-list.ts';
import { backupPlaces, firstOf, toldOf } from './backup-places.ts';
import { fileStream, storeBackup } from './backup-store.ts';
import { linearizableRead } from './etcdctl.ts';

const body: StepBody<'backup-etcd'> = async (call, { host, other, signal }) => {
  const places = backupPlaces(host, call.alsoTo, other);
  const { recipients } = call;
  const readers = `for ${recipients.toSorted().join(' ')}`;
  const list = await backupsIn(places, call.cluster, signal);
  const { missed } = list;
  const newest = newestOf(list, 'etcd');
  const freshMinutes = call.freshMinutes ?? 360;
  if (newest?.note.endsWith(readers) && newest.minutes >= 0 && newest.minutes < freshMinutes)
    return toldOf(false, `${newest.name} is ${Math.floor(newest.minutes)} minutes old`, missed);

  const known = highestRevision(list);
  const { etcd, folder, file, revision } = await firstOf(call.etcd, other, async (member) => {
    const made = await snapshot(member, signal);
    if (!(Number(made.revision) < known)) return made;
    await remove(made);
    throw older(member, made.revision, known);
  });
  try {
    const backup = {
      cluster: call.cluster,
      kind: 'etcd',
      suffix: 'db.gz.age',
      recipients,
      keep: call.keep,
      // The revision tells which of several is the newest without opening them.
      note: `revision ${revision} ${readers}`,
    } as const;
    const stored = await storeBackup(places, backup, fileStream(etcd, file, signal), signal);
    const size = `${(stored.bytes / 1e6).toFixed(1)} MB`;
    const what = `${stored.name} (${size}, revision ${revision}, from ${etcd.name})`;
    return toldOf(true, `${what} on ${stored.on.join(', ')}`, stored.missed);
  } finally {
    // Also after a cancellation: what is left would be all secrets of the cluster in a file.
    await remove({ etcd, folder });
  }
};

export const backupEtcd = step('backup-etcd', body);

/** A member that was away while etcd was restored on others still serves the state of before, to its like. */
function older({ name }: Host, revision: string, known: number) {
  return problem(
    name,
    `its state is at revision ${revision}, and a backup holds revision ${known}: it is of before a restore (power it off then), was restored by hand without --bump-revision, or is of another cluster of this name (move the older backups away then)`,
    'docs/operations.md, "Backups".',
  );
}

async function remove({ etcd, folder }: { readonly etcd: Host; readonly folder: string }): Promise<void> {
  await etcd.run(sh`rm -rf -- ${folder}`, { sudo: true }).catch(() => undefined);
}

/**
 * Saved, checked and packed on the member itself, readable by root alone. A member that has lost the others would save
 * what it knew last: one that cannot read through a majority is not asked for a snapshot.
 */
async function snapshot(etcd: Host, signal: AbortSignal) {
  const { stdout } = await etcd.run(
    sh`set -e; umask 077
set -a; . /etc/etcd.env; set +a
etcdctl --command-timeout=10s ${linearizableRead} > /dev/null
mkdir -p /var/lib/holdfast; find /var/lib/holdfast -maxdepth 1 -name 'snapshot.*' -mmin +60 -exec rm -rf {} +
folder=$(mktemp -d /var/lib/holdfast/snapshot.XXXXXXXX); trap 'test -e "$folder/whole" || rm -rf "$folder"' EXIT
etcdctl --command-timeout=300s snapshot save "$folder/snapshot.db" >&2
status=$(etcdutl snapshot status "$folder/snapshot.db" -w json)
gzip "$folder/snapshot.db"; touch "$folder/whole"; echo "$folder"; stat -c %s "$folder/snapshot.db.gz"; echo "$status"`,
    { sudo: true, signal, timeout: 900 },
  );
  const [folder = '', size, status = ''] = stdout.trim().split('\n');
  const revision = /"revision": ?(\d+)/.exec(status)?.[1] ?? 'unknown';
  return { etcd, folder, file: { path: `${folder}/snapshot.db.gz`, size: Number(size) }, revision };
}
