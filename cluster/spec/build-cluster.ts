import type { Cluster, ClusterHost, Helm, Kubernetes, LoadBalancer, SshTarget } from '../cluster.ts';
import { tillerImage } from '../render/tiller.ts';
import { mapFiles } from './from-file.ts';
import { routerIds } from './router-ids.ts';
import type { Spec } from './schema.ts';

/** Candidates where the spec names none: enough to choose from, few enough to keep images on. */
const defaultCandidates = 5;

/** The spec with every default filled in and every path resolved. */
export function buildCluster(spec: Spec, resolvePath: (path: string) => string): Cluster {
  const hosts = spec.hosts.map((host) => buildHost(host, spec, resolvePath));
  return {
    name: spec.cluster,
    hosts,
    ...(spec.bastion && { bastion: spec.bastion }),
    ...(spec.loadBalancer && { loadBalancer: buildLoadBalancer(spec.cluster, spec.loadBalancer) }),
    kubernetes: buildKubernetes(spec.kubernetes),
    kubespray: {
      version: spec.kubespray.version,
      source: isUrl(spec.kubespray.source) ? spec.kubespray.source : resolvePath(spec.kubespray.source),
      vars: mapFiles(spec.kubespray.vars, resolvePath),
    },
    helm: buildHelm(spec.helm),
    ...(spec.storage && { storage: { nfs: buildNfs(spec.storage.nfs, resolvePath) } }),
    failover: {
      mode: spec.failover.mode,
      candidates: spec.failover.candidates ?? workerNodes(hosts).slice(0, defaultCandidates),
      confirmForSeconds: spec.failover.confirmFor,
      promoteBelow: spec.failover.below,
      healsAnHour: spec.failover.healsAnHour,
      timings: spec.failover.timings,
    },
    backup: {
      everyHours: spec.backup.every / 3600,
      keep: spec.backup.keep,
      recipients: spec.backup.recipients,
      alsoTo: spec.backup.alsoTo,
    },
    singlePointsOfFailure: spec.singlePointsOfFailure,
  };
}

function buildHost(
  host: Spec['hosts'][number],
  spec: Spec,
  resolvePath: (path: string) => string,
): ClusterHost {
  const bastion = spec.hosts.find(({ roles }) => roles.includes('bastion'));
  const target = buildTarget(host, spec.ssh, resolvePath);
  const direct = bastion === undefined || host.roles.includes('bastion');
  const { ip = host.address } = host;
  const { accessIp = ip } = host;
  // A host that is no member must not have the key: a rule says so.
  const isNamed = host.etcdMember !== host.name || !host.roles.includes('etcd');
  return {
    name: host.name,
    address: accessIp,
    ...(ip !== accessIp && { ip }),
    ...(host.ip6 !== undefined && { ip6: host.ip6 }),
    roles: host.roles,
    ...(host.etcdMember !== undefined && isNamed && { etcdMember: host.etcdMember }),
    labels: host.labels,
    ssh: direct ? target : { ...target, via: buildTarget(bastion, spec.ssh, resolvePath) },
  };
}

function buildTarget(
  host: Spec['hosts'][number],
  ssh: Spec['ssh'],
  resolvePath: (path: string) => string,
): SshTarget {
  const identityFile = host.ssh?.identityFile ?? ssh.identityFile;
  const user = host.ssh?.user ?? ssh.user;
  // root needs no sudo, and so no password for it.
  const passwordFile = user === 'root' ? undefined : (host.ssh?.sudo?.passwordFile ?? ssh.sudo?.passwordFile);
  return {
    name: host.name,
    address: host.address,
    port: host.ssh?.port ?? ssh.port ?? 22,
    user,
    ...(identityFile !== undefined && { identityFile: resolvePath(identityFile) }),
    knownHosts: resolvePath(ssh.knownHosts),
    ...(passwordFile !== undefined && { sudoPasswordFile: resolvePath(passwordFile) }),
  };
}

function buildKubernetes({ ipv6, ...kubernetes }: Spec['kubernetes']): Kubernetes {
  return { ...kubernetes, ...(ipv6 && { ipv6 }) };
}

function buildLoadBalancer(cluster: string, spec: NonNullable<Spec['loadBalancer']>): LoadBalancer {
  const { existing, replicated, internal, external, prefixLength = 24 } = spec;
  if (existing) return { existing, internal: { address: internal.address, port: internal.port }, replicated };
  const ids = routerIds(cluster, internal, external);
  return {
    internal: { address: internal.address, port: internal.port, routerId: ids.internal },
    ...(external && {
      external: {
        address: external.address,
        routerId: ids.external,
        forward: external.forward.map(({ proxyProtocol, ...ports }) => ({
          ...ports,
          ...(proxyProtocol && { proxyProtocol }),
        })),
        ...(external.apiPort !== undefined && { apiPort: external.apiPort }),
        apiAllow: external.apiAllow,
      },
    }),
    prefixLength,
  };
}

function buildHelm({ version, archive, tiller }: Spec['helm']): Helm {
  if (version === 3) return { version };
  const { namespace = 'kube-system', image = tillerImage, manages = [] } = tiller ?? {};
  return { version, ...(archive && { archive }), tiller: { namespace, image, manages } };
}

function buildNfs(nfs: NonNullable<Spec['storage']>['nfs'], resolvePath: (path: string) => string) {
  const { chart, image, ...rest } = nfs;
  const source = chart?.source;
  return {
    ...rest,
    ...(chart && {
      chart: {
        ...(source !== undefined && { source: isUrl(source) ? source : resolvePath(source) }),
        ...(chart.version !== undefined && { version: chart.version }),
        ...(chart.sha256 !== undefined && { sha256: chart.sha256 }),
      },
    }),
    ...(image && { image }),
  };
}

function workerNodes(hosts: readonly ClusterHost[]): string[] {
  return hosts
    .filter(({ roles }) => roles.includes('worker') && !roles.includes('control-plane'))
    .map(({ name }) => name);
}

/** `https://…`, `ssh://…`, and git's own `user@host:path`. */
function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(source) || /^[\w.-]+@[\w.-]+:/.test(source);
}
