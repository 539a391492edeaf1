import { sh } from '../hosts/shell.ts';
import { running } from './restore/static-pods.ts';
import { type StepBody, notYet, step } from './step.ts';

const controllers = ['kube-controller-manager', 'kube-scheduler'];

/** Their memory is of a state that is gone; the kubelet starts each anew. Run again, it restarts them once more: no harm. */
const body: StepBody<'restart-controllers'> = async (_, { host, signal }) => {
  const { stdout } = await host.run(
    sh`set -eu
${running}
names=; old=
for name in ${controllers}; do
  [ -e "/etc/kubernetes/manifests/$name.yaml" ] || continue
  ids=$(running "$name"); names="$names $name"; old="$old $ids"
done
# All at once: one that the kubelet starts while another is waited for is new already.
set -- $old; [ $# = 0 ] || crictl stop -t 10 "$@" > /dev/null || true
for name in $names; do
  for try in $(seq 60); do
    new=$(running "$name")
    if [ -n "$new" ] && ! echo "$old" | grep -qF "$new"; then echo "up $name"; continue 2; fi
    sleep 1
  done
  echo "down $name"
done`,
    { sudo: true, signal, timeout: 200 },
  );
  const said = stdout.split('\n').filter((line) => line !== '');
  const down = said.filter((line) => line.startsWith('down ')).map((line) => line.slice(5));
  if (down.length > 0)
    throw notYet(
      host.name,
      `${down.join(' and ')} did not come back`,
      `On ${host.name}: crictl ps -a; journalctl -u kubelet.`,
    );
  if (said.length === 0) return { changed: false, summary: 'none runs here' };
  return { changed: true, summary: `${said.length} restarted` };
};

export const restartControllers = step('restart-controllers', body);
