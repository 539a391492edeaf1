import { dump } from 'js-yaml';
import type { Json, NetworkPlugin } from '../cluster.ts';
import type { InventoryInput } from '../steps.ts';
import { etcdProxyPort } from './etcd-proxy.ts';

/** A file of the inventory; `path` is relative to it. */
export interface VarsFile {
  readonly path: string;
  readonly content: string;
  readonly mode: 0o644 | 0o600;
}

type Vars = { readonly [key: string]: Json };

const sans = 'supplementary_addresses_in_ssl_keys';
const apiArguments = 'kube_kubeadm_apiserver_extra_args';
/** The narrowest place: `etcd_access_addresses` is what other roles reach etcd by, and kubeadm's own checks. */
const throughTheProxy = { 'etcd-servers': `https://127.0.0.1:${etcdProxyPort}` };

/**
 * group_vars for Kubespray (2.28 and later), in the order in which Ansible reads them: what holdfast sets, then the
 * spec's `kubespray.vars`. `secrets`: those of the vars that name a file (`varsWithFiles`), filled in; they stand in
 * files of their own, and nowhere else.
 */
export function renderGroupVars(input: InventoryInput, secrets: Vars): readonly VarsFile[] {
  const { vars } = input.kubespray;
  const missing = varsWithFiles(vars).filter((name) => !(name in secrets));
  if (missing.length > 0)
    throw new RangeError(`not filled in: kubespray.vars.${missing.join(', kubespray.vars.')}`);
  const own = Object.entries(vars).filter(([name]) => name !== sans && !(name in secrets));
  // One of these hides what holdfast sets under the same name, so it is merged where the spec's stands.
  const merged = (given: Vars): Vars =>
    apiArguments in given
      ? { ...given, [apiArguments]: { ...(given[apiArguments] as Vars), ...throughTheProxy } }
      : given;
  const file = (path: string, content: Vars, mode: VarsFile['mode'] = 0o644): VarsFile => ({
    path: `group_vars/${path}`,
    content: `# Written by holdfast: changes made here are overwritten.\n${dump(content, { lineWidth: -1, noRefs: true })}`,
    mode,
  });
  // A group's directory is read in the order of names, and k8s_cluster after all: so the spec's vars stand in both.
  return [
    file('all/holdfast.yml', forAll(input)),
    file('k8s_cluster/holdfast.yml', forCluster(input)),
    ...['all', 'k8s_cluster'].flatMap((group) => [
      // Secrets that the spec accepts in clear stand here.
      file(`${group}/spec.yml`, merged(Object.fromEntries(own)), 0o600),
      file(`${group}/spec-secrets.yml`, merged(secrets), 0o600),
    ]),
  ];
}

/** Names of the vars that hold a `{ fromFile: PATH }` anywhere. */
export function varsWithFiles(vars: Vars): readonly string[] {
  return Object.keys(vars).filter((name) => filesIn(vars[name] as Json).length > 0);
}

/** Paths named by `{ fromFile: PATH }` in a value. */
export function filesIn(value: Json): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const path = fromFile(value);
  return path === undefined ? Object.values(value).flatMap((inner) => filesIn(inner)) : [path];
}

/** The value with each `{ fromFile: PATH }` replaced by what `content` holds for that path. */
export function fillIn(value: Json, content: ReadonlyMap<string, string>): Json {
  if (typeof value !== 'object' || value === null) return value;
  const path = fromFile(value);
  if (path !== undefined) {
    const text = content.get(path);
    if (text === undefined) throw new RangeError(`${path} was not read`);
    return text;
  }
  if (Array.isArray(value)) return value.map((inner) => fillIn(inner as Json, content));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillIn(inner, content)]));
}

function fromFile(value: object): string | undefined {
  const [[key, path] = [], ...more] = Object.entries(value) as [string, unknown][];
  return key === 'fromFile' && typeof path === 'string' && more.length === 0 ? path : undefined;
}

function forAll({ loadBalancer, timings }: InventoryInput): Vars {
  return {
    ...(loadBalancer
      ? {
          loadbalancer_apiserver: {
            address: loadBalancer.internal.address,
            port: loadBalancer.internal.port,
          },
          loadbalancer_apiserver_localhost: false,
          // An address, not a name: since 2.29 nothing writes a name into /etc/hosts, and DNS is one more thing to fail.
          apiserver_loadbalancer_domain_name: loadBalancer.internal.address,
        }
      : { loadbalancer_apiserver_localhost: true }),
    etcd_deployment_type: 'host',
    // Kubespray's defaults (250 and 5000 ms) keep writes waiting for up to 10 s when the leader's host is lost. Each
    // follower waits for one to two times the timeout: of two, with 1000 ms, three in ten elections begin after 1.45 s.
    etcd_heartbeat_interval: '100',
    etcd_election_timeout: timings === 'fast' ? '750' : '1000',
    // Kubespray's default re-issues every certificate of etcd, and rolls etcd, with each run.
    force_etcd_cert_refresh: false,
    container_manager: 'containerd',
  };
}

function forCluster(input: InventoryInput): Vars {
  const { kubernetes } = input;
  return {
    kube_version: kubernetes.version,
    kube_network_plugin: kubernetes.network satisfies NetworkPlugin,
    kube_pods_subnet: kubernetes.podCidr,
    kube_service_addresses: kubernetes.serviceCidr,
    // The first of two families is that of the API's own address: IPv4.
    ...(kubernetes.ipv6 && {
      ipv4_stack: true,
      ipv6_stack: true,
      kube_pods_subnet_ipv6: kubernetes.ipv6.podCidr,
      kube_service_addresses_ipv6: kubernetes.ipv6.serviceCidr,
    }),
    // The load balancers' checks ask /readyz without a certificate.
    kube_api_anonymous_auth: true,
    // Each API server finds etcd at the proxy on its own host: it would notice a silent member after 11 s, the proxy in one.
    [apiArguments]: throughTheProxy,
    [sans]: certificateNames(input),
    // Certificates of the control plane last a year, and nothing else renews them.
    auto_renew_certificates: true,
    kubeconfig_localhost: false,
    helm_enabled: false,
  };
}

/**
 * Everything that an API server may ever be called by: a certificate is issued once, an address may move at any
 * time, and a candidate may become one.
 */
function certificateNames({ hosts, loadBalancer, candidates, kubespray }: InventoryInput): readonly Json[] {
  const balanced = [loadBalancer?.internal.address, loadBalancer?.external?.address];
  const named = hosts.filter(
    ({ name, roles }) =>
      roles.includes('control-plane') || roles.includes('load-balancer') || candidates.includes(name),
  );
  const more = kubespray.vars[sans] ?? [];
  const own = named.flatMap(({ name, address, ip, sshAddress }) => [address, name, ip, sshAddress]);
  return [
    ...new Set([
      ...[...balanced, ...own].filter((one) => one !== undefined),
      '127.0.0.1',
      'localhost',
      ...(Array.isArray(more) ? (more as Json[]) : [more]),
    ]),
  ];
}
