import type { Forward } from '../cluster.ts';
import type { BalancerInput } from '../steps.ts';

/** Where every API server listens, promoted ones too: kubeadm's and Kubespray's own default. */
export const apiServerPort = 6443;
/** Where keepalived asks whether this haproxy still works: 127.0.0.1 alone. */
export const haproxyHealthPort = 8405;
export const haproxyConfigPath = '/etc/haproxy/haproxy.cfg';

interface Timings {
  /** Time to connect to a server, in data and in checks. */
  readonly connect: string;
  readonly check: string;
  readonly server: string;
  readonly withEtcd: string;
  readonly patient: string;
  readonly nodePort: string;
}

/**
 * `fast`: by these figures a server that is off is noticed after 0.6 to 0.8 s, and its sessions are closed; new
 * connections pass it by after `connect`, which is the limit of a check's TLS handshake too, and a busy API server is
 * slow at that: two waits of 250 ms, not four of 100. One that was down is asked after a second, and must answer five
 * times in a row: an API server that is busy because all its clients come back is not to lose them again at once.
 * Where all are down, the backend api-patient has whichever answers within a second.
 * `calm`: for virtual machines, which stop for half a second now and then.
 */
const timings: Record<BalancerInput['timings'], Timings> = {
  fast: {
    connect: '250ms',
    check: '1s',
    server: 'inter 250ms fastinter 50ms downinter 1s rise 5 fall 2',
    withEtcd: 'inter 1s fastinter 500ms downinter 1s rise 2 fall 2',
    patient: 'inter 1s downinter 1s rise 1 fall 3',
    nodePort: 'inter 500ms fastinter 100ms downinter 1s rise 2 fall 2',
  },
  calm: {
    connect: '1s',
    check: '2s',
    server: 'inter 2s fastinter 1s downinter 2s rise 2 fall 2',
    withEtcd: 'inter 2s fastinter 1s downinter 2s rise 2 fall 2',
    patient: 'inter 2s downinter 2s rise 1 fall 3',
    nodePort: 'inter 2s fastinter 1s downinter 2s rise 2 fall 2',
  },
};

/**
 * haproxy.cfg for the load balancer named `self`; both carry both addresses. `socket`: where it is asked and told.
 * Needs haproxy 2.4 or newer.
 */
export function renderHaproxy(input: BalancerInput, self: string, socket: string): string {
  const { internal, external } = input.loadBalancer;
  const timing = timings[input.timings];
  const sections = [
    head(self, timing, socket),
    health,
    apiFrontend('api-internal', internal.address, internal.port),
    // Without a list of who may come there is no API outside: the bastion is the only way in.
    ...(external?.apiPort !== undefined && external.apiAllow.length > 0
      ? [apiFrontend('api-external', external.address, external.apiPort, external.apiAllow)]
      : []),
    apiBackends(input, timing),
    ...(external?.forward ?? []).map((ports) => forward(external?.address ?? '', ports, input, timing)),
  ];
  return sections.join('\n');
}

const head = (
  self: string,
  timing: Timings,
  socket: string,
) => `# haproxy.cfg of ${self}. Written by holdfast: changes made here are overwritten.
global
  node ${self}
  user haproxy
  group haproxy
  chroot /var/lib/haproxy
  # Standard output is systemd's journal, with or without a syslog daemon. "notice" leaves out a line per connection.
  log stdout format short daemon notice
  stats socket ${socket} mode 600 level admin expose-fd listeners
  # Two descriptors a connection: stays below the hard limit of 20000 that containers commonly have.
  maxconn 8000
  # Connections that an old process still carries after a reload are no longer watched by health checks: a server that
  # goes silent would be left to its clients to notice. Closed, a watch is opened anew at once; an exec ends.
  hard-stop-after 1m

defaults
  mode tcp
  log global
  # How long a connection waits for a server that is off: what counts most for what clients notice.
  timeout connect ${timing.connect}
  retries 3
  option redispatch 1
  timeout client 1h
  timeout server 1h
  timeout tunnel 4h
  timeout client-fin 30s
  option clitcpka
  option srvtcpka
  srvtcpka-idle 10s
  srvtcpka-intvl 5s
  srvtcpka-cnt 3
`;

const health = `# keepalived asks here: the request runs through this process, so a hung one does not answer.
# It says nothing of the servers behind: were it to, both load balancers would give their addresses up at once.
frontend health
  mode http
  bind 127.0.0.1:${haproxyHealthPort}
  timeout client 2s
  timeout http-request 2s
  http-request return status 200 content-type text/plain string ok
`;

function apiFrontend(name: string, address: string, port: number, allow: readonly string[] = []): string {
  return `frontend ${name}
  # The address itself, not *: each address has its own rules. The host may not hold it now (ip_nonlocal_bind).
  bind ${address}:${port}${allow.length > 0 ? `\n  tcp-request connection reject unless { src ${allow.join(' ')} }` : ''}
  # An API server that alone has lost etcd gets no new connections; when all have, all serve on: watches and
  # cached reads work without etcd.
  tcp-request content set-var(txn.alive) nbsrv(api)
  use_backend api-with-etcd if { nbsrv(api-with-etcd) gt 0 } { nbsrv(api-with-etcd),sub(txn.alive) lt 0 }
  # All at once: rather this host, or the machine below, that stands still for a moment than every API server.
  use_backend api-patient if { nbsrv(api) eq 0 }
  default_backend api
`;
}

function apiBackends({ apiServers }: BalancerInput, timing: Timings): string {
  const servers = apiServers
    .map(
      (s) =>
        `  server ${s.name} ${s.address}:${apiServerPort}${s.candidate ? ' # until promoted: down' : ''}`,
    )
    .join('\n');
  return `# Every control-plane node, and every worker node that may become one.
# The check leaves etcd out: /readyz asks etcd, so a stall of etcd fails it on every server at once, and closing
# every session for that would turn a pause of etcd into an outage. What is left tells: the process is there,
# its caches are filled, it is not shutting down.
# - No answer (off, frozen, no API server here): down, and its sessions are closed so that clients come again.
# - An answer other than 200 (starting, shutting down): no new connections, and those that it has stay.
# The certificate is not verified in checks: before the first bring-up there is no CA to verify with, and a check
# carries no secret. Clients verify the API server end to end; this is TCP.
backend api
  balance roundrobin
  option httpchk GET /readyz?exclude=etcd&exclude=etcd-readiness
  http-check expect status 200 error-status L7OKC
  timeout check ${timing.check}
  default-server check check-ssl verify none ${timing.server} on-marked-down shutdown-sessions
${servers}

# The same servers by plain GET /readyz. Its etcd checks give up after 2 s each, so the time limit is above that.
# - No answer: down, and its sessions are closed, as above: each backend closes only those that came through it.
# - An answer other than 200 (a stall of etcd too): no new connections, and those that it has stay.
backend api-with-etcd
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200 error-status L7OKC
  timeout check 5s
  default-server check check-ssl verify none ${timing.withEtcd} on-marked-down shutdown-sessions
${servers}

# Where every server failed the checks above, those that answered with 200 within the last seconds. Never one that
# starts or shuts down: it would say "not found" of things that are there.
backend api-patient
  balance roundrobin
  timeout connect 1s
  option httpchk GET /readyz?exclude=etcd&exclude=etcd-readiness
  http-check expect status 200 error-status L7OKC
  timeout check 5s
  default-server check check-ssl verify none ${timing.patient} on-marked-down shutdown-sessions
${servers}
`;
}

function forward(
  address: string,
  { port, nodePort, proxyProtocol }: Forward,
  input: BalancerInput,
  timing: Timings,
): string {
  const servers = input.workerNodes.map((node) => `  server ${node.name} ${node.address}:${nodePort}`);
  // In checks too: what expects the header calls a connection without one an error, and logs it each time.
  const proxied = proxyProtocol ? ' send-proxy-v2 check-send-proxy' : '';
  return `frontend forward-${port}
  bind ${address}:${port}
  default_backend node-port-${port}

backend node-port-${port}
  balance leastconn
  timeout check ${timing.check}
  default-server check${proxied} ${timing.nodePort} on-marked-down shutdown-sessions
${servers.join('\n')}
`;
}
