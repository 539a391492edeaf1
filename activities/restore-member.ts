import { leastBump } from '../cluster/restore/offer.ts';
import { sh } from '../hosts/shell.ts';
import { restoreLock } from './restore/lock.ts';
import { etcdSettings, restorePaths } from './restore/paths.ts';
import { type StepBody, problem, step } from './step.ts';

/** The snapshot becomes the member's data, as one of these members. It is made beside, and renamed when it is whole. */
const body: StepBody<'restore-member'> = async (call, { host, signal }) => {
  const { choice } = call;
  if (!choice) throw problem(host.name, 'nobody has said what to restore', 'holdfast restore');
  const { snapshot, saved, fresh, mark, token } = restorePaths(call);
  const cluster = choice.members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const { stdout } = await host.run(
    sh`set -eu
${etcdSettings}
${restoreLock}
fresh=$data/${fresh}
[ -d "$data/"${saved} ] || { echo unsaved; exit 0; }
if [ -e "$data/member/"${mark} ]; then [ ! -d "$fresh" ] || rmdir -- "$fresh"; echo there; exit 0; fi
[ ! -e "$data/member" ] || { echo foreign "$data/member"; exit 0; }
case $(systemctl show -p ActiveState --value etcd) in inactive|failed) ;; *) echo running; exit 0;; esac
rm -rf -- "$fresh"
# A snapshot that etcd sent has its hash behind it; a member's own file has none.
skip=; [ $(( $(stat -c %s ${snapshot}) % 512 )) -eq 32 ] || skip=--skip-hash-check
etcdutl snapshot restore ${snapshot} $skip --name "$ETCD_NAME" --initial-cluster ${cluster} \
  --initial-cluster-token ${token} --initial-advertise-peer-urls "$ETCD_INITIAL_ADVERTISE_PEER_URLS" \
  --data-dir "$fresh" --bump-revision ${choice.bump ?? leastBump} --mark-compacted >&2
: > "$fresh/member/"${mark}; chown -R --reference="$data" -- "$fresh"; sync -- "$fresh"/member/snap/db "$fresh"/member/wal/*; sync -- "$fresh/member"
mv -T -- "$fresh/member" "$data/member"; sync -- "$data"; rmdir -- "$fresh"; echo restored`,
    { sudo: true, signal, timeout: 1700 },
  );
  const [how, path] = stdout.trim().split(' ');
  if (how === 'running')
    throw problem(
      host.name,
      'etcd runs: its data is not touched',
      `What started it on ${host.name}? Stop it, then retry.`,
    );
  if (how === 'unsaved')
    throw problem(
      host.name,
      'what the member held was not saved, so it is not replaced',
      `holdfast abort, then holdfast restore begins anew.`,
    );
  if (how === 'foreign')
    throw problem(
      host.name,
      `${path} is not what this restore made: something wrote there after its data was saved`,
      `What ran on ${host.name}? Put ${path} aside, then retry.`,
    );
  return {
    changed: how === 'restored',
    summary: `the member holds the snapshot, one of ${choice.members.length}`,
  };
};

export const restoreMember = step('restore-member', body);
