import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, step } from './step.ts';
import { backupPlaces, fileStream, firstOf, newestBackup, storeBackup } from './backup-store.ts';

const body: StepBody<'backup-etcd'> = async (call, { host, other, signal }) => {
  const places = backupPlaces(host, call.alsoTo, other);
  const { recipients } = call;
  const note = `for ${recipients.toSorted().join(' ')}`;
  const newest = await newestBackup(places, call.cluster, 'etcd', signal);
  const freshMinutes = call.freshMinutes ?? 360;
  if (newest?.note === note && newest.minutes >= 0 && newest.minutes < freshMinutes)
    return { changed: false, summary: `${newest.name} is ${newest.minutes} minutes old` };

  const { etcd, folder, file } = await firstOf(call.etcd, other, (member) => snapshot(member, signal));
  try {
    const backup = {
      cluster: call.cluster,
      kind: 'etcd',
      suffix: 'db.gz.age',
      recipients,
      keep: call.keep,
      note,
    } as const;
    const { name, bytes } = await storeBackup(places, backup, fileStream(etcd, file, signal), signal);
    return {
      changed: true,
      summary: `${name} (${(bytes / 1e6).toFixed(1)} MB, from ${etcd.name}) on ${places.map((place) => place.name).join(', ')}`,
    };
  } finally {
    // Also after a cancellation: what is left would be all secrets of the cluster in a file.
    await etcd.run(sh`rm -rf -- ${folder}`, { sudo: true }).catch(() => undefined);
  }
};

export const backupEtcd = step('backup-etcd', body);

/** Saved, checked and packed on the member itself, readable by root alone. */
async function snapshot(etcd: Host, signal: AbortSignal) {
  const { stdout } = await etcd.run(
    sh`set -e; umask 077; rm -rf /var/lib/holdfast/snapshot.*; mkdir -p /var/lib/holdfast
folder=$(mktemp -d /var/lib/holdfast/snapshot.XXXXXXXX); trap 'test -e "$folder/whole" || rm -rf "$folder"' EXIT
set -a; . /etc/etcd.env; set +a
etcdctl --command-timeout=300s snapshot save "$folder/snapshot.db" >&2
etcdutl snapshot status "$folder/snapshot.db" >&2
gzip "$folder/snapshot.db"; touch "$folder/whole"; echo "$folder"; stat -c %s "$folder/snapshot.db.gz"`,
    { sudo: true, signal, timeout: 900 },
  );
  const [folder = '', size] = stdout.trim().split('\n');
  return { etcd, folder, file: { path: `${folder}/snapshot.db.gz`, size: Number(size) } };
}
