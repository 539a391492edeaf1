import type { NamedAddress } from '../cluster/steps.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';

/** Asked five times a second: each round trip from the worker would cost as much. */
const body: StepBody<'check-api-server'> = async (call, { host, signal }) => {
  const { code, stdout } = await host.run(
    sh`for i in $(seq 100); do
  said=$(curl -sk --noproxy '*' -m 1 ${`${call.server}/readyz`}) || true
  [ "$said" = ok ] && exit 0
  sleep 0.2
done
echo "$said" | tail -c 600; exit 3`,
    { signal, ok: [0, 3], timeout: 160 },
  );
  if (code === 0) return { changed: false, summary: `${call.server} is ready` };
  throw notYet(
    host.name,
    `${call.server}/readyz is not ok, asked from ${host.name}: ${stdout.trim() || 'no answer'}`,
    `On the promoted host: crictl ps -a, then crictl logs of kube-apiserver; journalctl -u kubelet. ${call.backend ? existingHint(call.backend) : ownHint}`,
  );
};

const ownHint =
  'On a load balancer: echo "show stat" | socat - /run/haproxy/admin.sock (RHEL family, SUSE: /var/lib/haproxy/stats)';

const existingHint = ({ name, address }: NamedAddress): string =>
  `On the load balancer, which is not holdfast's: is ${name} (${address}:6443) one of its backends, and well by its check?`;

export const checkApiServer = step('check-api-server', body);
