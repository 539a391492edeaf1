import { dump, load } from 'js-yaml';
import type { Cluster, Json } from '../cluster/cluster.ts';
import { overlap } from '../cluster/networks.ts';
import { versions } from './artifact-table.ts';

export interface Rehearsal {
  /** Cluster and lab. */
  readonly name: string;
  /** The spec that the lab is made of and brought up by. */
  readonly text: string;
  /** In what it is not the spec that is rehearsed, one sentence each. */
  readonly differences: readonly string[];
}

type Mapping = Record<string, unknown>;

/** Subnets for a rehearsal; the first that none of the spec's own networks overlaps. */
const subnets = ['10.76.0', '192.168.76', '172.27.76'];
const [firstHost, lastHost] = [10, 250];
/** What the lab's artifacts and its playbook were made for. */
const labVersions = { kubernetes: versions.kubernetes, kubespray: 'v2.31.0', networks: ['flannel', 'cni'] };
/** Variables that say where something comes from: the lab has sources of its own. */
const sources = /repo|registr|mirror|_url$|proxy|checksum/;

/** A spec of the same shape (names, roles, counts, policies) for hosts of a lab; `recipient` opens its backups. */
export function rehearsalSpec(text: string, cluster: Cluster, recipient: string): Rehearsal {
  const spec = load(text) as Mapping;
  const differences: string[] = ['addresses, users, keys and ports of SSH are the lab’s'];
  const subnet = freeSubnet(cluster);
  const balanced = balancing(spec, cluster, subnet);
  const stored = storing(spec, cluster);
  const hosts = [
    ...cluster.hosts.map(({ name, roles, labels }) => ({
      name,
      roles: [...roles, ...(stored.server === name ? (['nfs-server'] as const) : [])],
      ...(Object.keys(labels).length > 0 && { labels }),
    })),
    ...balanced.hosts,
  ];
  if (hosts.length > lastHost - firstHost)
    throw new RangeError(`${hosts.length} hosts are more than a rehearsal has addresses for`);
  const kubespray = kubesprayOf(spec, cluster, differences);
  const kubernetes = kubernetesOf(cluster, differences);
  const name = `rehearsal-${cluster.name}`.slice(0, 63).replace(/-+$/, '');
  const made = {
    cluster: name,
    ssh: { user: 'ubuntu' },
    hosts: hosts.map((host, n) => ({ ...host, address: `${subnet}.${firstHost + n}` })),
    ...balanced.part,
    kubernetes,
    kubespray,
    ...(spec.helm !== undefined && { helm: spec.helm }),
    ...stored.part,
    ...(spec.failover !== undefined && { failover: spec.failover }),
    backup: { ...(spec.backup as Mapping), recipients: [recipient] },
    singlePointsOfFailure: [...new Set([...cluster.singlePointsOfFailure, ...(stored.part ? ['nfs'] : [])])],
  };
  return {
    name,
    text: dump(made, { lineWidth: -1, noRefs: true }),
    differences: [...differences, ...balanced.differences, ...stored.differences],
  };
}

function freeSubnet({ kubernetes }: Cluster): string {
  const own = [kubernetes.podCidr, kubernetes.serviceCidr];
  const found = subnets.find((subnet) => !own.some((cidr) => overlap(cidr, `${subnet}.0/24`)));
  if (found === undefined)
    throw new RangeError(`the pods' and services' networks hold all of ${subnets.join(', ')}`);
  return found;
}

function balancing(spec: Mapping, { loadBalancer }: Cluster, subnet: string) {
  if (!loadBalancer) return { part: {}, hosts: [], differences: [] };
  const asked = spec.loadBalancer as Mapping;
  const external = asked.external as Mapping | undefined;
  const part = {
    loadBalancer: {
      internal: { address: `${subnet}.2`, port: loadBalancer.internal.port },
      ...(external && {
        external: {
          address: `${subnet}.3`,
          ...(external.forward !== undefined && { forward: external.forward }),
          ...(external.apiPort !== undefined && { apiPort: external.apiPort, apiAllow: [`${subnet}.0/24`] }),
        },
      }),
    },
  };
  const own = loadBalancer.existing !== true;
  return {
    part,
    hosts: own
      ? []
      : ['rehearsal-lb-1', 'rehearsal-lb-2'].map((name) => ({ name, roles: ['load-balancer'] })),
    differences: [
      ...(own ? [] : ['the load balancer of the site is two hosts of the lab with haproxy']),
      ...(external?.apiPort === undefined ? [] : ['apiAllow is the lab’s own network']),
    ],
  };
}

/** A host's disk is an overlay, which no NFS server exports; /srv is bound into it from the machine's own. */
const exported = '/srv/nfs';

function storing(spec: Mapping, { storage, hosts }: Cluster) {
  if (!storage) return { part: undefined, server: undefined, differences: [] };
  const { nfs } = spec.storage as { nfs: Mapping };
  const own = hosts.some(({ name }) => name === nfs.server);
  const server = own ? undefined : hosts.find(({ roles }) => roles.includes('bastion'))?.name;
  // Chart and image come from the lab, and one host of it is no replicated server.
  const kept = Object.fromEntries(
    Object.entries(nfs).filter(([key]) => !['chart', 'image', 'replicated'].includes(key)),
  );
  return {
    ...(server !== undefined && { server }),
    part: { storage: { nfs: { ...kept, path: exported, ...(server !== undefined && { server }) } } },
    differences: [
      ...(nfs.path === exported ? [] : [`NFS exports ${exported}, not ${String(nfs.path)}`]),
      ...(server === undefined
        ? []
        : [`${String(nfs.server)} is no host of the spec: ${server} serves NFS instead`]),
    ],
  };
}

function kubernetesOf({ kubernetes }: Cluster, differences: string[]) {
  const { ipv6, ...rest } = kubernetes;
  if (ipv6) differences.push('pods and services have IPv4 addresses alone, as the lab has');
  const network = labVersions.networks.includes(kubernetes.network) ? kubernetes.network : 'flannel';
  if (network !== kubernetes.network)
    differences.push(
      `the network of pods is ${network}, not ${kubernetes.network}: the lab has no images of that`,
    );
  if (kubernetes.version !== labVersions.kubernetes)
    differences.push(`Kubernetes is ${labVersions.kubernetes}, which the lab has, not ${kubernetes.version}`);
  return { ...rest, version: labVersions.kubernetes, network };
}

function kubesprayOf(spec: Mapping, { kubespray }: Cluster, differences: string[]) {
  const version = labVersions.kubespray;
  if (kubespray.version !== version)
    differences.push(
      `Kubespray is ${version}, which installs the lab’s Kubernetes, not ${kubespray.version}`,
    );
  const left = Object.entries(kubespray.vars).filter(
    ([name, value]) => sources.test(name) || namesFile(value),
  );
  if (left.length > 0)
    differences.push(
      `left out, as they say where something comes from or hold a secret: ${left.map(([name]) => name).join(', ')}`,
    );
  const vars = Object.fromEntries(
    Object.entries(kubespray.vars).filter(([name]) => !left.some(([other]) => other === name)),
  );
  const { acceptLiteralSecrets } = (spec.kubespray ?? {}) as { acceptLiteralSecrets?: readonly string[] };
  const accepted = (acceptLiteralSecrets ?? []).filter((name) => Object.hasOwn(vars, name));
  return {
    version,
    ...(kubespray.source.startsWith('/') && { source: kubespray.source }),
    vars,
    ...(accepted.length > 0 && { acceptLiteralSecrets: accepted }),
  };
}

function namesFile(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, 'fromFile') || Object.values(value).some((inner) => namesFile(inner));
}
