import { apiServerPort } from '../cluster/render/haproxy.ts';
import type { Host } from '../hosts/host.ts';
import { tail } from '../hosts/redact.ts';
import { sh } from '../hosts/shell.ts';

export const apiServerManifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/** The container of a control-plane host's API server, as its container runtime and the kernel tell. */
export interface ApiServerPod {
  /** The newest one; absent: there is none. */
  readonly id?: string;
  readonly state: 'absent' | 'running' | 'ended';
  readonly ageSeconds: number;
  /** SIGSTOP holds its process. */
  readonly stopped: boolean;
  readonly ended: readonly string[];
}

export async function apiServerPod(host: Host, signal: AbortSignal): Promise<ApiServerPod> {
  const { stdout } = await host.run(
    sh`${path}; date +%s; ps -o stat= -C kube-apiserver | tr -d '\n'; echo; crictl ps -a --name '^kube-apiserver$' -o json`,
    { sudo: true, signal, timeout: 20 },
  );
  const [now = '', processes = '', ...json] = stdout.split('\n');
  const { containers = [] } = JSON.parse(json.join('\n')) as { containers?: readonly Container[] };
  const [newest] = containers.toSorted((a, b) => Number(BigInt(b.createdAt) - BigInt(a.createdAt)));
  return {
    ...(newest && { id: newest.id }),
    state: !newest ? 'absent' : newest.state === 'CONTAINER_RUNNING' ? 'running' : 'ended',
    ageSeconds: newest ? Number(now) - Number(BigInt(newest.createdAt) / 1_000_000_000n) : 0,
    stopped: processes.includes('T'),
    ended: containers.filter(({ state }) => state === 'CONTAINER_EXITED').map(({ id }) => id),
  };
}

interface Container {
  readonly id: string;
  readonly state: string;
  /** Nanoseconds since 1970, as text. */
  readonly createdAt: string;
}

/** kubelet makes a container that is not there at once; one that ended it makes anew only after an ever longer pause. */
export async function removeContainers(
  host: Host,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await host.run(sh`${path}; crictl rm -f ${ids}`, { sudo: true, signal, timeout: 60 });
}

export type Readiness = 'ready' | 'unready' | 'silent';

/** What the API server of this host says of itself; waits up to `seconds` for `ready`. */
export async function readiness(host: Host, seconds: number, signal: AbortSignal): Promise<Readiness> {
  const { stdout } = await host.run(
    sh`end=$(($(date +%s) + ${seconds}))
until code=$(curl -sk -m 4 --noproxy ${'*'} -o /dev/null -w '%{http_code}' https://127.0.0.1:${apiServerPort}/readyz); [ "$code" = 200 ] || [ "$(date +%s)" -ge "$end" ]; do sleep 1; done; echo "$code"`,
    { signal, timeout: seconds + 20 },
  );
  const code = stdout.trim();
  return code === '200' ? 'ready' : code === '000' ? 'silent' : 'unready';
}

/** Checks that fail, of an API server that answers: "etcd, etcd-readiness". */
export async function failingChecks(host: Host, signal: AbortSignal): Promise<string> {
  const url = `https://127.0.0.1:${apiServerPort}/readyz?verbose`;
  const { stdout } = await host.run(sh`curl -sk -m 8 --noproxy ${'*'} ${url}`, { signal, ok: 'any' });
  return [...stdout.matchAll(/^\[-\](\S+)/gm)].map(([, name]) => name).join(', ');
}

/** The last lines of the API server, or of the kubelet where there is no API server. */
export async function lastWords(host: Host, pod: ApiServerPod, signal: AbortSignal): Promise<string> {
  const command = pod.id
    ? sh`${path}; crictl logs --tail 12 ${pod.id} 2>&1`
    : sh`journalctl -u kubelet -o cat -n 12 --no-pager`;
  return tail((await host.run(command, { sudo: true, signal, ok: 'any' })).stdout);
}

const path = sh`PATH=$PATH:/usr/local/bin`;
