import { sh } from '../hosts/shell.ts';
import { etcdHold, etcdSettings, restorePaths } from './restore/paths.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

/**
 * Set free, started without waiting (it is ready only once a majority is), and healthy by its own word. Never without
 * the restored data: it would begin a cluster of its own.
 */
const body: StepBody<'start-etcd'> = async (call, { host, signal }) => {
  const { mark } = restorePaths(call);
  const { code, stdout, stderr } = await host.run(
    sh`set -eu
${etcdSettings}
[ -e "$data/member/"${mark} ] || { echo unrestored; exit 0; }
if [ -e ${etcdHold} ]; then rm -f -- ${etcdHold}; rmdir --ignore-fail-on-non-empty ${etcdHold.replace(/\/[^/]*$/, '')}; systemctl daemon-reload; fi
if ! systemctl is-active -q etcd; then systemctl reset-failed etcd || true; systemctl start --no-block etcd; echo started; fi
for try in $(seq 20); do
  if said=$(etcdctl --dial-timeout=2s --command-timeout=3s endpoint health 2>&1); then exit 0; fi
  sleep 1
done
printf '%s\n' "$said" | tail -n 1 >&2; exit 3`,
    { sudo: true, signal, ok: [0, 3], timeout: 170 },
  );
  if (stdout.trim() === 'unrestored')
    throw problem(
      host.name,
      'its data is not what this restore made, so etcd stays stopped',
      `Retry restore-member on ${host.name}; skip this step to go on without it.`,
    );
  if (code === 0) return { changed: stdout.includes('started'), summary: 'etcd runs and has its quorum' };
  throw notYet(
    host.name,
    `etcd is not healthy yet: ${stderr.trim().slice(-400)}`,
    `Look at journalctl -u etcd on ${host.name}, and on the other members.`,
  );
};

export const startEtcd = step('start-etcd', body);
