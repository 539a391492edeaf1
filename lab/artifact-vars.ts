import type { Json } from '../cluster/cluster.ts';
import { type Served, served, versions } from './artifact-table.ts';
import { filePort, registryPort } from './serve.ts';

type Vars = Readonly<Record<string, Json>>;

/**
 * `kubespray.vars` of a cluster on hosts that reach nothing but the lab's bridge: where files and images come from, which
 * versions are there, their checksums, and what hosts inside a container need. `checksums`: as `Artifacts.checksums`.
 */
export function artifactVars(
  address: string,
  checksums: Readonly<Record<string, string>>,
  arch = 'amd64',
): Vars {
  return {
    ...sourceVars(address),
    ...artifactVersions(),
    ...artifactChecksums(checksums, served(arch)),
    ...hostVars,
  };
}

/** Three URL variables cover every file, five repositories every image. */
export function sourceVars(address: string): Vars {
  const [registry, files] = [`${address}:${registryPort}`, `http://${address}:${filePort}`];
  const repositories = ['kube', 'gcr', 'github', 'docker', 'quay'].map((name): [string, string] => [
    `${name}_image_repo`,
    '{{ registry_host }}',
  ]);
  return {
    registry_host: registry,
    files_repo: files,
    ...Object.fromEntries(repositories),
    github_url: '{{ files_repo }}/github.com',
    dl_k8s_io_url: '{{ files_repo }}/dl.k8s.io',
    get_helm_url: '{{ files_repo }}/get.helm.sh',
    containerd_registries_mirrors: [
      {
        prefix: registry,
        server: `http://${registry}`,
        mirrors: [{ host: `http://${registry}`, capabilities: ['pull', 'resolve'], skip_verify: true }],
      },
    ],
  };
}

export function artifactVersions(): Vars {
  return {
    kube_version: versions.kubernetes,
    etcd_version: versions.etcd,
    coredns_version: versions.coredns,
    cni_version: versions.cni,
    crictl_version: versions.crictl,
    helm_version: versions.helm,
    flannel_version: versions.flannel,
    flannel_cni_version: versions.flannelCni,
    pod_infra_version: versions.pause,
  };
}

/** `kubeadm_binary_checksum: sha256:…` and so on, for every served file that Kubespray checks. */
export function artifactChecksums(
  checksums: Readonly<Record<string, string>>,
  files: readonly Served[],
): Vars {
  return Object.fromEntries(
    files.flatMap(({ path, checksum }): [string, string][] => {
      if (checksum === undefined) return [];
      const sha256 = checksums[path];
      if (sha256 === undefined) throw new Error(`no checksum of ${path}`);
      return [[checksum, `sha256:${sha256}`]];
    }),
  );
}

const hostVars: Vars = {
  container_manager: 'containerd',
  etcd_deployment_type: 'host',
  // ipvs and nftables make Ansible read /proc/modules, which a kernel without loadable modules has not.
  kube_proxy_mode: 'iptables',
  // nf_conntrack_max is read-only in a network namespace.
  kube_proxy_conntrack_max_per_core: 0,
  // Without it, where CAP_SYS_RESOURCE is missing, every pod sandbox dies with runc's "EOF".
  containerd_extra_runtime_args: { restrict_oom_score_adj: true },
  containerd_base_runtime_spec_rlimit_nofile: 16384,
  enable_nodelocaldns: false,
  enable_dns_autoscaler: false,
  loadbalancer_apiserver_localhost: false,
};
