import type { Json } from '../../cluster.ts';
import { isFromFile, isMapping } from '../from-file.ts';

/** Variable → the spec's key that sets it. */
const setBy: Readonly<Record<string, string>> = {
  kube_version: 'kubernetes.version',
  kube_pods_subnet: 'kubernetes.podCidr',
  kube_service_addresses: 'kubernetes.serviceCidr',
  kube_network_plugin: 'kubernetes.network',
  ipv6_stack: 'kubernetes.ipv6',
  enable_dual_stack_networks: 'kubernetes.ipv6',
  kube_pods_subnet_ipv6: 'kubernetes.ipv6.podCidr',
  kube_service_addresses_ipv6: 'kubernetes.ipv6.serviceCidr',
  loadbalancer_apiserver: 'loadBalancer.internal',
  loadbalancer_apiserver_localhost: 'loadBalancer',
  apiserver_loadbalancer_domain_name: 'loadBalancer.internal.address',
  helm_enabled: 'helm',
};

/** Variable → why holdfast needs its own value. */
const fixed: Readonly<Record<string, string>> = {
  force_etcd_cert_refresh: 'true would issue new etcd certificates and roll etcd on each run',
  ipv4_stack: 'hosts, load balancers and the API are reached by IPv4',
  auto_renew_certificates: 'the control plane’s certificates must not run out',
};

const domain = 'check-dns asks for names in cluster.local, whatever the cluster’s name in the spec is';

/** Variable → its only value that holdfast works with, which is Kubespray's default too, and why. */
const relied: Readonly<Record<string, readonly [string, string]>> = {
  cluster_name: ['cluster.local', domain],
  dns_domain: ['cluster.local', domain],
  bin_dir: ['/usr/local/bin', 'holdfast looks for etcdctl, crictl and kubectl in /usr/local/bin'],
  kube_apiserver_port: ['6443', 'load balancers and checks reach the API servers at 6443'],
  etcd_deployment_type: ['host', 'holdfast finds etcd by /etc/etcd.env and etcdctl on its hosts'],
  container_manager: ['containerd', 'holdfast prepares and checks hosts for containerd alone'],
};

export function ownVarMistakes(vars: { readonly [key: string]: Json }) {
  return [
    ...Object.entries(vars).flatMap(([name, value]) => {
      const message = mistake(name, value);
      return message === undefined ? [] : [{ path: ['kubespray', 'vars', name], message }];
    }),
    ...apiArgumentMistakes(vars.kube_kubeadm_apiserver_extra_args),
    ...certificateNameMistakes(vars.supplementary_addresses_in_ssl_keys),
  ];
}

/** API server argument → why holdfast needs its own value. */
const fixedArguments: Readonly<Record<string, string>> = {
  'etcd-servers': 'API servers reach etcd through the proxy on their own host',
};

function apiArgumentMistakes(value: Json | undefined) {
  const path = ['kubespray', 'vars', 'kube_kubeadm_apiserver_extra_args'];
  if (value === undefined) return [];
  if (!isMapping(value) || isFromFile(value))
    return [{ path, message: 'wanted: a mapping of argument to value, so that holdfast can add its own' }];
  return Object.keys(value).flatMap((name) => {
    const why = own(fixedArguments, name);
    if (why === undefined) return [];
    return [{ path: [...path, name], message: `holdfast sets this argument (${why}); wanted: leave it out` }];
  });
}

/** holdfast's own names are added to these; one that is no text would be lost among them. */
function certificateNameMistakes(value: Json | undefined) {
  const path = ['kubespray', 'vars', 'supplementary_addresses_in_ssl_keys'];
  const isList = Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
  return value === undefined || isList
    ? []
    : [{ path, message: 'wanted: a list of names and addresses, such as [api.example.com]' }];
}

function mistake(name: string, value: Json): string | undefined {
  const key = own(setBy, name);
  if (key !== undefined) return `holdfast sets this variable; wanted: ${key} of the spec instead`;
  const why = own(fixed, name);
  if (why !== undefined) return `holdfast sets this variable (${why}); wanted: leave it out`;
  const [right, reason] = own(relied, name) ?? [];
  if (right === undefined || value === right || value === Number(right)) return undefined;
  return `${reason}; wanted: ${right}, or leave it out`;
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
