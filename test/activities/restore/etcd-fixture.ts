import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Encrypter } from 'age-encryption';
import { etcdHold } from '../../../activities/restore/paths.ts';
import type { LocalHost } from '../local-host.ts';
import { put, standIns } from '../pki-fixture.ts';

/** Where the change of these tests has its snapshot, and what a person chose. */
export const staged = '/var/lib/holdfast/demo/restore-01234567/snapshot.db';
export const choice = {
  source: { name: 'etcd-2', kind: 'member' as const, hosts: [], at: 0 },
  members: [
    { host: 'etcd-1', name: 'etcd1', peer: 'https://etcd-1:2380' },
    { host: 'etcd-2', name: 'etcd2', peer: 'https://etcd-2:2380' },
  ],
};

/** A database as etcd's tools that stand in here know it: whole pages, the first of which says its revision. */
export const database = (revision: number, pages = 2): Buffer =>
  Buffer.concat([Buffer.from(`db ${revision}\n`), Buffer.alloc(512 * pages)]).subarray(0, 512 * pages);

/** As etcd sends it: its hash is behind it. */
export const snapshotOf = (db: Buffer): Buffer =>
  Buffer.concat([db, createHash('sha256').update(db).digest()]);

/** An etcd host that has its settings; `AT` tells the tools that stand in whose they are. */
export function etcdHost(host: LocalHost, more = ''): LocalHost {
  const peer = `https://${host.name}:2380`;
  put(
    host,
    '/etc/etcd.env',
    `ETCD_NAME=${host.name.replace('-', '')}\nETCD_DATA_DIR=${host.path('/var/lib/etcd')}\nETCD_INITIAL_ADVERTISE_PEER_URLS=${peer}\nETCD_INITIAL_CLUSTER_TOKEN=k8s_etcd\nAT=${host.root}\n${more}`,
  );
  for (const folder of ['/run', '/var/tmp', '/var/lib/etcd'])
    mkdirSync(host.path(`${folder}/`), { recursive: true, mode: 0o700 });
  return host;
}

export const holds = (host: LocalHost, db: Buffer | string, folder = '') =>
  put(host, `/var/lib/etcd/${folder}member/snap/db`, db);

/** etcd runs there and answers; what it has applied is `snapshot`. */
export function serves(host: LocalHost, revision: number, quorum: boolean): void {
  put(host, '/run/status', `[{"Status":{"header":{"revision":${revision}}}}]`);
  put(host, '/run/snapshot', snapshotOf(database(revision)));
  if (quorum) put(host, '/run/quorum', '');
}

/** etcdctl, etcdutl and df; each refuses what it does not know, the restored members' arguments stand in `member/args`. */
export function etcdTools(bin: string): void {
  standIns(bin, {
    etcdctl: `case "$*" in
'--dial-timeout=3s --command-timeout=5s endpoint status'*) cat $AT/run/status;;
'--dial-timeout=3s --command-timeout=5s get / --limit=1 --keys-only --consistency=l') [ -e $AT/run/quorum ];;
'--dial-timeout=3s --command-timeout=600s snapshot save '*) cat $AT/run/snapshot > "$5.part" && mv "$5.part" "$5";;
'--dial-timeout=2s --command-timeout=3s endpoint health') [ -e $AT/run/quorum ] || { echo 'context deadline exceeded'; exit 1; };;
*) echo "etcdctl does not know: $*" >&2; exit 64;; esac`,
    etcdutl: `file=$3
case "$1 $2" in
'snapshot status') case "$*" in "snapshot status $file"|"snapshot status $file -w json") ;; *) exit 64;; esac
# As bbolt does: waits for whoever holds it.
exec 8< "$file"; flock -s 8
read -r db revision < "$file"; [ "$db" = db ] || { echo; echo 'panic: no page of a database'; echo 'goroutine 1'; exit 2; } >&2
echo '{"hash":1,"revision":'$revision',"totalKey":7,"totalSize":1024}';;
'snapshot restore') shift 3; args=$*; skip=
while [ $# -gt 0 ]; do case $1 in
  --skip-hash-check) skip=1; shift;; --mark-compacted) shift;;
  --data-dir) dir=$2; shift 2;;
  --name|--initial-cluster|--initial-cluster-token|--initial-advertise-peer-urls|--bump-revision) shift 2;;
  *) echo "etcdutl does not know: $1" >&2; exit 64;; esac; done
[ ! -e "$dir" ] || { echo "Error: data-dir $dir not empty" >&2; exit 1; }
[ "$skip" ] || [ $(( $(stat -c %s "$file") % 512 )) = 32 ] || { echo 'Error: snapshot missing hash' >&2; exit 1; }
mkdir -p "$dir/member/snap" "$dir/member/wal"; echo log > "$dir/member/wal/0"; echo "$args" > "$dir/member/args"
[ ! -e "$AT/run/full" ] || { echo 'Error: write db: no space left on device' >&2; exit 1; }
cat "$file" > "$dir/member/snap/db";;
*) exit 64;; esac`,
    df: `[ "$1 $2 $3 $4" = '-B 1 --output=avail --' ] || exit 64
echo Avail; cat "$5/../../../run/free" 2> /dev/null || echo 99999999999`,
  });
}

/** A backup of etcd where a backup belongs, made at noon of that day of the year's first month. */
export async function backupOn(
  place: LocalHost,
  day: number,
  content: Buffer,
  recipient: string,
): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const name = `etcd-202601${String(day).padStart(2, '0')}T120000Z.db.gz.age`;
  const path = `/var/lib/holdfast/demo/backups/${name}`;
  put(place, path, Buffer.from(await encrypter.encrypt(gzipSync(content))));
  writeFileSync(place.path(`${path}.note`), `revision ${100 + day} readers`);
  return name;
}

/** systemd as far as etcd goes: knows its drop-ins only once it has read them, and heeds the hold. */
export function etcdUnit(host: LocalHost, bin: string): void {
  const [state, hold] = [host.path('/run/state'), host.path(etcdHold)];
  standIns(bin, {
    systemctl: `case "$*" in
'show -p ActiveState --value etcd') cat ${state};;
'show -p DropInPaths --value etcd') echo "/etc/other.conf $(cat ${host.path('/run/loaded')} 2> /dev/null)";;
daemon-reload) if [ -e ${hold} ]; then echo ${hold} > ${host.path('/run/loaded')}; else : > ${host.path('/run/loaded')}; fi;;
'stop etcd') [ -e ${host.path('/run/stubborn')} ] || echo inactive > ${state};;
'is-active -q etcd') [ "$(cat ${state})" = active ];;
'reset-failed etcd') ;;
'start --no-block etcd') [ -e ${hold} ] || echo active > ${state};;
*) echo "systemctl does not know: $*" >&2; exit 64;; esac`,
    sleep: 'exit 0',
    seq: 'echo 1 2 3',
  });
}
