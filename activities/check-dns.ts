import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';
import { kubectlOn } from './kubectl.ts';
import { type List, type PodObject, type ServiceObject, isReady } from './kubernetes-objects.ts';

const body: StepBody<'check-dns'> = async (call, { host, other, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const [services, pods, api] = await Promise.all([
    kubectl.get<List<ServiceObject>>(['-n', 'kube-system', 'get', 'service', '-l', 'k8s-app=kube-dns']),
    kubectl.get<List<PodObject>>(['-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app=kube-dns']),
    kubectl.get<ServiceObject>(['get', 'service', 'kubernetes']),
  ]);
  const service = services.items[0];
  if (!service)
    throw notYet(
      host.name,
      'there is no service with the label k8s-app=kube-dns',
      'holdfast kubectl -- -n kube-system get all',
    );
  const hosts = new Set(pods.items.filter(isReady).map((pod) => pod.spec.nodeName));
  if (hosts.size < call.minimumHosts) {
    throw notYet(
      host.name,
      `CoreDNS is ready on ${hosts.size} hosts, ${call.minimumHosts} are wanted`,
      'holdfast kubectl -- -n kube-system get pods -o wide -l k8s-app=kube-dns',
    );
  }
  const askers = Object.keys(call.others);
  await Promise.all(
    askers.map((name) => resolves(other(name), service.spec.clusterIP, api.spec.clusterIP, signal)),
  );
  return {
    changed: false,
    summary: `CoreDNS runs on ${hosts.size} hosts; ${askers.length} nodes resolve a service name through it`,
  };
};

export const checkDns = step('check-dns', body);

/** Asks the cluster's DNS from a node, the way a pod there would: through the service's address. */
async function resolves(node: Host, dns: string, expected: string, signal: AbortSignal): Promise<void> {
  const { code, stdout, stderr } = await node.run(sh`python3 - ${dns}`, {
    stdin: resolver,
    signal,
    ok: 'any',
    timeout: 30,
  });
  const answer = stdout.trim();
  if (code === 0 && answer === expected) return;
  throw notYet(
    node.name,
    `${dns} did not resolve kubernetes.default.svc to ${expected} from ${node.name}: ${answer || stderr.slice(-300)}`,
    'Look at kube-proxy and the network plugin on that node.',
  );
}

/** Plain Python, since a node has no resolver tools: one query over UDP, three tries of 2 s. */
const resolver = `
import socket, struct, sys
def ask(server, name):
    query = struct.pack('>HHHHHH', 7, 0x0100, 1, 0, 0, 0) + b''.join(bytes([len(l)]) + l.encode() for l in name.split('.')) + b'\\0' + struct.pack('>HH', 1, 1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
    for _ in range(3):
        try:
            s.sendto(query, (server, 53)); data = s.recv(2048)
        except OSError as error:
            last = error; continue
        if data[3] & 15 or not struct.unpack('>H', data[6:8])[0]:
            raise SystemExit('answer code %d for %s' % (data[3] & 15, name))
        return socket.inet_ntoa(data[-4:])
    raise SystemExit('no answer: %s' % last)
print(ask(sys.argv[1], 'kubernetes.default.svc.cluster.local'))
`;
