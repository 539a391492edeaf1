import { apiServerPort } from '../cluster/render/haproxy.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { candidateLock } from './candidate-lock.ts';
import { readyControlPlane } from './ready-control-plane.ts';
import { type StepBody, notYet, step } from './step.ts';

/** Out of the kubelet's sight, on the same disk. Goes with the keys. */
export const demotedFolder = '/etc/kubernetes/holdfast-demoted';

/**
 * The kubelet ends a static pod whose manifest is gone, as gently as the pod asks for; all other pods it leaves alone.
 * Done is what has been quiet for three seconds: it may start one once more before it sees that the manifest is gone.
 * The others are asked once more right before: whoever waits for a person, or sleeps, acts on what was so long ago.
 */
const body: StepBody<'stop-control-plane'> = async (call, tools) => {
  const { host, signal } = tools;
  if (await serves(host, signal)) await readyControlPlane(call, tools);
  const { stdout } = await host.run(
    sh`set -eu
PATH=$PATH:/usr/local/bin; cd /etc/kubernetes
${candidateLock}
moved=
for name in kube-apiserver kube-controller-manager kube-scheduler; do
  [ -e "manifests/$name.yaml" ] || continue
  install -d -m 0700 ${demotedFolder}
  mv -f -- "manifests/$name.yaml" ${`${demotedFolder}/`}; moved=1; echo moved
done
refuses() { code=0; curl -sk -m 2 --noproxy ${'*'} -o /dev/null https://127.0.0.1:${apiServerPort}/readyz || code=$?; [ "$code" = 7 ]; }
quiet=0
for try in $(seq 110); do
  ids=$(crictl ps -q --name '^kube-(apiserver|controller-manager|scheduler)$')
  if [ -z "$ids" ] && refuses; then quiet=$((quiet + 1))
  else quiet=0; echo running; fi
  if [ "$quiet" -ge 3 ] || { [ "$quiet" = 1 ] && [ "$try" = 1 ] && [ -z "$moved" ]; }; then echo stopped; exit 0; fi
  sleep 1
done
echo still; crictl ps --name '^kube-(apiserver|controller-manager|scheduler)$'`,
    { sudo: true, signal, timeout: 170 },
  );
  const lines = stdout.split('\n');
  if (!lines.includes('stopped'))
    throw notYet(
      host.name,
      `its manifests are gone and the control plane still runs: ${stdout.slice(stdout.indexOf('still') + 6).slice(-500)}`,
      `Look at journalctl -u kubelet on ${host.name}: it is what ends them.`,
    );
  const changed = lines.includes('moved') || lines.includes('running');
  return {
    changed,
    summary: changed
      ? `API server, controller-manager and scheduler have ended, port ${apiServerPort} refuses`
      : 'no control plane runs here',
  };
};

async function serves(host: Host, signal: AbortSignal): Promise<boolean> {
  const { code } = await host.run(sh`test -e /etc/kubernetes/manifests/kube-apiserver.yaml`, {
    sudo: true,
    signal,
    ok: [0, 1],
  });
  return code === 0;
}

export const stopControlPlane = step('stop-control-plane', body);
