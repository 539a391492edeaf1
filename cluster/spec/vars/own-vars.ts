import type { Json } from '../../cluster.ts';

/** Variable → the spec's key that sets it. */
const setBy: Readonly<Record<string, string>> = {
  cluster_name: 'cluster',
  kube_version: 'kubernetes.version',
  kube_pods_subnet: 'kubernetes.podCidr',
  kube_service_addresses: 'kubernetes.serviceCidr',
  kube_network_plugin: 'kubernetes.network',
  loadbalancer_apiserver: 'loadBalancer.internal',
  loadbalancer_apiserver_localhost: 'loadBalancer',
  apiserver_loadbalancer_domain_name: 'loadBalancer.internal.address',
  supplementary_addresses_in_ssl_keys: 'hosts, loadBalancer and failover.candidates',
  helm_enabled: 'helm',
};

/** Variable → why holdfast needs its own value. */
const fixed: Readonly<Record<string, string>> = {
  force_etcd_cert_refresh: 'true would issue new etcd certificates and roll etcd on each run',
  auto_renew_certificates: 'the control plane’s certificates must not run out',
};

export function ownVarMistakes(vars: { readonly [key: string]: Json }) {
  return Object.keys(vars).flatMap((name) => {
    const path = ['kubespray', 'vars', name];
    const key = Object.hasOwn(setBy, name) ? setBy[name] : undefined;
    if (key !== undefined)
      return [{ path, message: `holdfast sets this variable; wanted: ${key} of the spec instead` }];
    const why = Object.hasOwn(fixed, name) ? fixed[name] : undefined;
    return why === undefined
      ? []
      : [{ path, message: `holdfast sets this variable (${why}); wanted: leave it out` }];
  });
}
