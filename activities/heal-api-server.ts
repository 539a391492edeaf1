import { etcdProxyAdminPath, etcdProxyPort, etcdProxyUnit } from '../cluster/render/etcd-proxy.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import {
  type Readiness,
  apiServerManifest,
  apiServerPod,
  failingChecks,
  lastWords,
  readiness,
  removeContainers,
} from './api-server-pod.ts';
import { runningRevision } from './haproxy.ts';
import { type StepBody, problem, step } from './step.ts';
import { type UnitHealth, isUp, replaceUnit, startUnit, unitHealth } from './unit-health.ts';

const [containerd, kubelet] = ['containerd.service', 'kubelet.service'] as const;
/** An API server has this long to become ready before it is taken for hung (seconds); it takes 6 to 30. */
const startsWithin = 60;

/** Brings back what the API server of this host stands on, from the bottom up, then the API server itself. */
const body: StepBody<'heal-api-server'> = async (_call, { host, signal }) => {
  if ((await readiness(host, 0, signal)) === 'ready')
    return { changed: false, summary: 'the API server is ready' };
  await refuseWhatNothingHeals(host, signal);
  const done = await healUnits(host, signal);
  const isHeld = (await apiServerPod(host, signal)).stopped;
  // kubelet, just started, brings a dead container back without being told.
  let found = await readiness(host, done.length > 0 && !isHeld ? 30 : 0, signal);
  if (found !== 'ready') {
    done.push(...(await healContainer(host, found, signal)));
    found = await readiness(host, startsWithin, signal);
  }
  if (found !== 'ready') throw await stillNot(host, found, done, signal);
  return { changed: done.length > 0, summary: done.join(', ') || 'the API server became ready by itself' };
};

export const healApiServer = step('heal-api-server', body);

async function refuseWhatNothingHeals(host: Host, signal: AbortSignal): Promise<void> {
  const { stdout } = await host.run(obstacles, { sudo: true, signal });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const of = (kind: string) =>
    lines.flatMap((line) => (line.startsWith(kind) ? [line.slice(kind.length + 1)] : []));
  const [absent, expired] = [of('absent'), of('expired')];
  if (absent.length > 0)
    throw problem(
      host.name,
      `what the API server is made of is not there: ${absent.join(', ')}`,
      `On ${host.name}: kubeadm init phase control-plane apiserver --config /etc/kubernetes/kubeadm-config.yaml writes the manifest, certs all the certificates; those of etcd: holdfast up. Was it taken away on purpose?`,
    );
  if (expired.length > 0)
    throw problem(
      host.name,
      `certificates have expired: ${expired.join(', ')}`,
      `On ${host.name}: kubeadm certs renew all, then crictl rm -f of the containers kube-apiserver, kube-controller-manager and kube-scheduler (k8s-certs-renew.service does both). Those of etcd: holdfast up.`,
    );
}

/** Files that the manifest names, and whether the certificates among them are still good. */
const obstacles = sh`manifest=${apiServerManifest}
if ! [ -s "$manifest" ]; then echo "absent $manifest"; exit; fi
sed -n 's/^ *- --[a-z-]*=\\(\\/etc\\/.*\\)$/\\1/p' "$manifest" | sort -u | while read -r file; do
  if ! [ -e "$file" ]; then echo "absent $file"
  elif head -c 64 "$file" | grep -q 'BEGIN CERTIFICATE' && ! openssl x509 -noout -checkend 0 -in "$file" > /dev/null; then echo "expired $file"; fi
done`;

async function healUnits(host: Host, signal: AbortSignal): Promise<string[]> {
  const { code } = await host.run(sh`grep -q ${`127.0.0.1:${etcdProxyPort}`} ${apiServerManifest}`, {
    sudo: true,
    signal,
    ok: [0, 1],
  });
  const units = [containerd, kubelet, ...(code === 0 ? [etcdProxyUnit] : [])];
  const done: string[] = [];
  for (const health of await unitHealth(host, units, signal)) {
    const what = await healUnit(host, health, signal);
    if (what !== undefined) done.push(what);
  }
  return done;
}

async function healUnit(host: Host, health: UnitHealth, signal: AbortSignal): Promise<string | undefined> {
  const { unit, state, stopped } = health;
  if (!isUp(health)) {
    await startUnit(host, unit, signal);
    return `${unit} was ${state}: started`;
  }
  if (!stopped && !(await hangs(host, unit, signal))) return undefined;
  await replaceUnit(host, unit, 'main', signal);
  return `${unit} ${stopped ? 'was held by SIGSTOP' : 'hung'}: ended and started`;
}

/** It takes a question and gives no answer. One that refuses it may be starting. */
async function hangs(host: Host, unit: string, signal: AbortSignal): Promise<boolean> {
  if (unit === etcdProxyUnit)
    return (await runningRevision(host, '', 0, etcdProxyAdminPath, signal)) === 'timed out';
  const ask =
    unit === containerd
      ? sh`PATH=$PATH:/usr/local/bin timeout -s KILL 10 crictl version`
      : sh`curl -s -m 5 --noproxy ${'*'} http://127.0.0.1:10248/healthz`;
  const { code } = await host.run(ask, { sudo: true, signal, ok: 'any', timeout: 20 });
  // timeout's own code after SIGKILL; curl's after its time limit.
  return code === 137 || code === 28;
}

async function healContainer(host: Host, found: Readiness, signal: AbortSignal): Promise<string[]> {
  const pod = await apiServerPod(host, signal);
  if (pod.state === 'absent') {
    await startUnit(host, kubelet, signal);
    return ['there was no container of the API server: kubelet started anew'];
  }
  if (pod.state === 'ended') {
    await removeContainers(host, pod.ended, signal);
    return ['the API server had ended: its containers removed, for kubelet to make one at once'];
  }
  const hung = found === 'silent' && pod.ageSeconds > startsWithin;
  // One that answers lives, and one that is young may yet: what it waits for is not cured by another start.
  if (!pod.stopped && !hung) return [];
  await removeContainers(host, [pod.id as string], signal);
  return [
    `the API server ${pod.stopped ? 'was held by SIGSTOP' : 'hung'}: its container removed, for kubelet to make another`,
  ];
}

async function stillNot(
  host: Host,
  found: Readiness,
  done: readonly string[],
  signal: AbortSignal,
): Promise<HostError> {
  const pod = await apiServerPod(host, signal);
  const checks = found === 'unready' ? await failingChecks(host, signal) : '';
  const what = found === 'silent' ? 'does not answer' : `is not ready (${checks || 'it starts'})`;
  const tried = done.length > 0 ? `; tried: ${done.join(', ')}` : '; all that it stands on runs';
  return new HostError('NotYet', host.name, `the API server ${what}${tried}`, {
    tail: await lastWords(host, pod, signal),
    next: checks.includes('etcd')
      ? 'It does not reach etcd: holdfast status shows the members.'
      : `Look at crictl ps -a, crictl logs and journalctl -u kubelet on ${host.name}.`,
  });
}
