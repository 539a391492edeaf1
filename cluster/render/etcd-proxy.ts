import type { EtcdProxyInput } from '../steps.ts';
import { etcdProxyCertificates, renderCertificatesScript } from './etcd-proxy-certificates.ts';

/** Where every API server finds etcd: on its own host. etcd itself, where it shares the host, has 2379 to 2381. */
export const etcdProxyPort = 12379;
export const etcdProxyUnit = 'holdfast-etcd-proxy.service';
export const etcdProxySocket = 'holdfast-etcd-proxy.socket';
export const etcdProxyPath = 'holdfast-etcd-proxy.path';
export const etcdProxyConfigPath = '/etc/holdfast/etcd-proxy.cfg';
export const etcdProxyAdminPath = '/run/holdfast-etcd-proxy/admin.sock';

/**
 * A proxy that waits for the processor takes every member for dead, and an API server that loses all its connections to
 * etcd fills every cache anew: what a busy control-plane node, or one that boots, has least time for.
 */
export const etcdProxyNice = -15;

/** A file that the proxy is made of. */
export interface ProxyFile {
  readonly path: string;
  readonly content: string;
  readonly mode: 0o644 | 0o755;
}

interface Timings {
  readonly connect: string;
  readonly check: string;
  readonly server: string;
}

/**
 * `fast`: measured in the lab; after the power cut of the etcd leader's host writes failed for 0.9 to 1.4 s, against 11
 * without it: an API server notices a silent connection late, and no flag changes that. `calm`: for virtual machines,
 * which stop for half a second now and then.
 * A host that is off, and a frozen process, do not get as far as an answer over TLS: `connect` is for them. One that
 * takes long to answer is busy, and `check` bears that.
 */
const timings: Record<EtcdProxyInput['timings'], Timings> = {
  fast: {
    connect: '300ms',
    check: '1s',
    server: 'inter 200ms fastinter 100ms downinter 500ms rise 3 fall 2',
  },
  calm: { connect: '1s', check: '2s', server: 'inter 2s fastinter 1s downinter 2s rise 2 fall 2' },
};

/** Begins the line that names members of which an API server must hear nothing before another restore has them. */
export const leftOutMark = '# Left out by a restore, for they may hold what was before it: ';

/** haproxy's configuration on the host named `self`. Needs haproxy 2.4 or newer. */
export function renderEtcdProxy({ etcd, timings: kind, leftOut = [] }: EtcdProxyInput, self: string): string {
  const { connect, check, server } = timings[kind];
  const { ca, client } = etcdProxyCertificates;
  return `# etcd-proxy.cfg of ${self}. Written by holdfast: changes made here are overwritten.
${leftOut.length > 0 ? `${leftOutMark}${leftOut.join(' ')}\n` : ''}global
  node ${self}
  user haproxy
  group haproxy
  chroot /var/lib/haproxy
  log stdout format short daemon notice
  stats socket ${etcdProxyAdminPath} mode 600 level admin
  # An API server holds 60 to 200 connections to etcd.
  maxconn 4000
  # Connections that an old process still carries after a reload are no longer watched by health checks: a silent etcd
  # host would hold them up for 11 s again. Closed, they are opened anew at once.
  hard-stop-after 5s

defaults
  mode tcp
  log global
  timeout connect ${connect}
  timeout check ${check}
  timeout client 24h
  timeout server 24h
  retries 3
  option redispatch 1

listen etcd
  # 127.0.0.1:${etcdProxyPort}, which systemd holds (${etcdProxySocket}): while haproxy starts anew, connections
  # wait for it. A refused one would keep an API server waiting for a second.
  bind fd@3
  balance leastconn
  # Not /health: it fails on all members during an election.
  option httpchk GET /livez
  http-check expect status 200
  default-server check check-ssl verify required ca-file ${ca} crt ${client} ${server} on-marked-down shutdown-sessions
${etcd.map(({ name, address }) => `  server ${name} ${address}:2379`).join('\n')}
`;
}

/** The configuration as haproxy can test it before there are certificates, and outside its unit. */
export function testableEtcdProxy(config: string): string {
  const { ca, client } = etcdProxyCertificates;
  return config
    .replace('bind fd@3', `bind 127.0.0.1:${etcdProxyPort}`)
    .replace(`verify required ca-file ${ca} crt ${client}`, 'verify none');
}

/** The units and the script around it. */
export function renderEtcdProxyUnits(self: string): readonly ProxyFile[] {
  const { folder, script, sources } = etcdProxyCertificates;
  const conditions = sources(self)
    .map((path) => `ConditionPathExists=${path}`)
    .join('\n');
  const unit = (name: string, content: string): ProxyFile => ({
    path: `/etc/systemd/system/${name}`,
    content: `# Written by holdfast: changes made here are overwritten.\n${content}`,
    mode: 0o644,
  });
  return [
    { path: script, content: renderCertificatesScript(self, etcdProxyUnit), mode: 0o755 },
    unit(
      etcdProxySocket,
      `[Unit]
Description=Where the API server of this host finds etcd
${conditions}

[Socket]
ListenStream=127.0.0.1:${etcdProxyPort}
# haproxy's own backlog: an API server opens all its connections at once.
Backlog=1024
# However often haproxy is killed, the port stays.
TriggerLimitIntervalSec=0
`,
    ),
    unit(
      etcdProxyUnit,
      `[Unit]
Description=HAProxy before etcd, for the API server of this host
Requires=${etcdProxySocket}
After=network.target ${etcdProxySocket}
# A failover candidate has none of these before it is promoted.
${conditions}
StartLimitIntervalSec=0

[Service]
Type=notify
RuntimeDirectory=${folder.replace('/run/', '')}
RuntimeDirectoryMode=0700
# What is there already need not be made again before haproxy is back.
RuntimeDirectoryPreserve=restart
ExecStartPre=${script} combine
ExecStart=/usr/sbin/haproxy -Ws -f ${etcdProxyConfigPath} -p ${folder}/pid
ExecReload=${script} combine
ExecReload=/bin/kill -USR2 $MAINPID
KillMode=mixed
SuccessExitStatus=143
TimeoutStopSec=15
# Before others to the processor: a proxy that waits for it takes every member for dead.
Nice=${etcdProxyNice}
# What was killed comes back at once; what ends by its own fault is not tried ten times a second.
Restart=always
RestartSec=100ms
ExecStopPost=-/bin/sh -c 'test "$\${EXIT_STATUS:-1}" != 1 || sleep 2'

[Install]
WantedBy=multi-user.target
`,
    ),
    unit(
      etcdProxyPath,
      `[Unit]
Description=Watch for this host's client certificate for etcd

[Path]
PathChanged=${sources(self)[0]?.replace(/\/[^/]*$/, '')}
Unit=holdfast-etcd-proxy-certificates.service

[Install]
WantedBy=multi-user.target
`,
    ),
    unit(
      'holdfast-etcd-proxy-certificates.service',
      `[Unit]
Description=Give HAProxy before etcd the certificate that is there now
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${script} follow
`,
    ),
  ];
}
