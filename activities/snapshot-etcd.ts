import { changeMark } from '../cluster/workflow-ids.ts';
import { sh } from '../hosts/shell.ts';
import { answering } from './answering.ts';
import { firstOf } from './backup-places.ts';
import { type StepBody, step } from './step.ts';

/** How many stay on a member: this promotion's and the one before. */
const kept = 2;

/**
 * etcd as it is before another API server writes into it, as a file on a member, readable by root alone. A change makes
 * one on a member, however often it is tried.
 */
const body: StepBody<'snapshot-etcd'> = async (call, { other, signal }) => {
  const dir = `/var/lib/holdfast/${call.cluster}/snapshots`;
  const change = changeMark(call.change);
  const live = await answering(call.etcd.map(other), signal);
  const { member, said } = await firstOf(
    live.map(({ name }) => name),
    other,
    async (etcd) => {
      const { stdout } = await etcd.run(
        sh`set -eu; umask 077
install -d -m 0700 /var/lib/holdfast ${`/var/lib/holdfast/${call.cluster}`} ${dir}; cd ${dir}
exec 9>> lock; flock -w 600 9
there=$(ls -1 | grep -E ${`^before-promotion-[0-9TZ]+-${change}\\.db$`} | tail -n 1) || true
if [ -n "$there" ]; then echo "there $there $(stat -c %s "$there")"; exit 0; fi
rm -f -- .*.part*
name=before-promotion-$(date -u +%Y%m%dT%H%M%SZ)-${change}.db
set -a; . /etc/etcd.env; set +a; PATH=$PATH:/usr/local/bin
etcdctl --dial-timeout=3s --command-timeout=600s snapshot save ".$name.part" >&2
etcdutl snapshot status ".$name.part" >&2
sync -- ".$name.part"; mv -f -- ".$name.part" "$name"
ls -1 | grep -E '^before-promotion-.*[.]db$' | sort -r | tail -n +${kept + 1} | while read -r old; do rm -f -- "$old"; done
echo "made $name $(stat -c %s "$name")"`,
        { sudo: true, signal, timeout: 1200 },
      );
      return { member: etcd.name, said: stdout.trim().split(' ') };
    },
  );
  const [how, name, size] = said;
  return {
    changed: how === 'made',
    summary: `${dir}/${name} on ${member} (${(Number(size) / 1e6).toFixed(1)} MB)`,
  };
};

export const snapshotEtcd = step('snapshot-etcd', body);
