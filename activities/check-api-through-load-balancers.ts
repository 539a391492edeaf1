import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';

const body: StepBody<'check-api-through-load-balancers'> = async (call, { host, other, signal }) => {
  const { internal, external, existing } = call.loadBalancer;
  const look = existing ? lookAtExisting : lookAtOwn;
  await apiAnswers(host, call.cluster, `${internal.address}:${internal.port}`, look, signal);
  const seen = [`the API answers through ${internal.address}:${internal.port}`];
  if (external?.apiPort !== undefined) {
    const outside = `${external.address}:${external.apiPort}`;
    if (call.allowedFrom !== undefined) {
      await apiAnswers(other(call.allowedFrom), call.cluster, outside, look, signal);
      seen.push(`through ${outside} from ${call.allowedFrom}`);
    }
    if (call.refusedFrom !== undefined) {
      await isRefused(other(call.refusedFrom), outside, signal);
      seen.push(`${call.refusedFrom}, which apiAllow does not name, is refused there`);
    }
  }
  return { changed: false, summary: seen.join('; ') };
};

export const checkApiThroughLoadBalancers = step('check-api-through-load-balancers', body);

const lookAtOwn =
  'Look at haproxy on the load balancers: echo "show stat" | socat - /run/haproxy/admin.sock (RHEL family, SUSE: /var/lib/haproxy/stats)';
const lookAtExisting =
  'Look at the load balancer that the spec calls existing: its backends are every control-plane node and candidate at 6443, TCP passed through, checked by GET /readyz over HTTPS.';

/** On the bastion with kubectl, so that the certificate is verified for that very address; elsewhere an answer over TLS. */
async function apiAnswers(
  from: Host,
  cluster: string,
  address: string,
  look: string,
  signal: AbortSignal,
): Promise<void> {
  const kubeconfig = bastionPaths(cluster).kubeconfig;
  const command = sh`if [ -r ${kubeconfig} ]; then kubectl --kubeconfig ${kubeconfig} --request-timeout=10s --server ${`https://${address}`} get --raw /readyz; else curl -ksS -m 10 ${`https://${address}/readyz`}; fi`;
  const { code, stdout, stderr } = await from.run(command, { sudo: true, signal, ok: 'any', timeout: 30 });
  if (code === 0 && stdout.trim() === 'ok') return;
  throw notYet(
    from.name,
    `the API does not answer through ${address}: ${stdout.slice(-300)} ${stderr.slice(-500)}`,
    look,
  );
}

async function isRefused(from: Host, address: string, signal: AbortSignal): Promise<void> {
  const { code, stdout } = await from.run(
    sh`curl -ksS -o /dev/null -w '%{http_code}' -m 5 ${`https://${address}/readyz`}`,
    { signal, ok: 'any', timeout: 20 },
  );
  // 7 connection refused, 28 time-out, 35 TLS handshake cut, 52 and 56 nothing or a reset: all mean that HAProxy let nothing through.
  if ([7, 28, 35, 52, 56].includes(code)) return;
  throw problem(
    from.name,
    `${from.name} is not named by external.apiAllow and still got an answer from ${address} (curl ${code}, HTTP ${stdout})`,
    'Look at the tcp-request rules in /etc/haproxy/haproxy.cfg on the load balancers.',
  );
}
