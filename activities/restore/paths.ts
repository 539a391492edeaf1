import { changeMark } from '../../cluster/workflow-ids.ts';
import { type ShellCommand, sh } from '../../hosts/shell.ts';

/** One restore's own files on a host: names carry the change, so that another restore has others. */
export function restorePaths({ cluster, change }: { readonly cluster: string; readonly change: string }) {
  const id = changeMark(change);
  const dir = `/var/lib/holdfast/${cluster}/restore-${id}`;
  return {
    dir,
    snapshot: `${dir}/snapshot.db`,
    /** Made on the member whose data was chosen. */
    source: `${dir}/source.db`,
    /** Under etcd's data folder, so that a rename does, whatever disk that is. */
    saved: `before-restore-${id}`,
    fresh: `.restore-${id}`,
    /** In the member's own folder, so that it goes wherever that data goes: this is what the restore made. */
    mark: `holdfast-restore-${id}`,
    /** A cluster of its own: one that kept its old data, or gets it back, finds no peers in it. */
    token: `holdfast-restore-${id}`,
  };
}

/** Keeps etcd from being started, by whomever and over a reboot; systemd itself says why. */
export const etcdHold = '/etc/systemd/system/etcd.service.d/holdfast-restore.conf';

/** Sets `data` to etcd's data folder, and its settings as variables. */
export const etcdSettings: ShellCommand = sh`[ -e /etc/etcd.env ] || { echo 'there is no /etc/etcd.env: etcd was never set up here' >&2; exit 66; }
set -a; . /etc/etcd.env; set +a; PATH=$PATH:/usr/local/bin; data=\${ETCD_DATA_DIR:-/var/lib/etcd}`;
