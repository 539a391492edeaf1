import type { Json } from '../cluster/cluster.ts';
import { filePort, registryPort } from './serve.ts';
import type { Supplies } from './supplies.ts';

export interface Kernel {
  /** Version 1 of cgroups, or the hybrid of both. */
  readonly cgroupV1: boolean;
}

/** `kubespray.vars` of a spec for lab hosts: the offline variables, and what the supplies say of themselves. */
export function labVars(address: string, kernel: Kernel, supplies?: Supplies): { [key: string]: Json } {
  const vars: { [key: string]: Json } = { ...offlineVars(address, kernel), ...supplies?.vars };
  // The spec has a key of its own for it.
  delete vars.kube_version;
  return vars;
}

/**
 * Variables by which Kubespray takes everything from the lab's own servers, and lives with a machine that all hosts share.
 * `address` is the bridge's.
 */
export function offlineVars(address: string, kernel: Kernel): { [key: string]: Json } {
  const registry = `${address}:${registryPort}`;
  const images = '{{ registry_host }}';
  const capabilities = ['pull', 'resolve'];
  return {
    registry_host: registry,
    files_repo: `http://${address}:${filePort}`,
    kube_image_repo: images,
    gcr_image_repo: images,
    github_image_repo: images,
    docker_image_repo: images,
    quay_image_repo: images,
    github_url: '{{ files_repo }}/github.com',
    dl_k8s_io_url: '{{ files_repo }}/dl.k8s.io',
    get_helm_url: `http://${address}:${filePort}/get.helm.sh`,
    containerd_registries_mirrors: [
      {
        prefix: images,
        server: `http://${images}`,
        mirrors: [{ host: `http://${images}`, capabilities, skip_verify: true }],
      },
    ],
    container_manager: 'containerd',
    etcd_deployment_type: 'host',
    // ipvs and nftables make Ansible read /proc/modules, which a kernel without loadable modules has not.
    kube_proxy_mode: 'iptables',
    // nf_conntrack_max is read-only in a network namespace.
    kube_proxy_conntrack_max_per_core: 0,
    kube_proxy_conntrack_min: 0,
    // Without CAP_SYS_RESOURCE on the machine no pod sandbox starts otherwise.
    containerd_extra_runtime_args: { restrict_oom_score_adj: true },
    containerd_base_runtime_spec_rlimit_nofile: 16384,
    enable_nodelocaldns: false,
    enable_dns_autoscaler: false,
    // The disk is shared, and may be nearly full for reasons of its own.
    eviction_hard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    kubelet_config_extra_args: { imageGCHighThresholdPercent: 100, imageGCLowThresholdPercent: 99 },
    ...(kernel.cgroupV1 ? { kubelet_fail_cgroup_v1: false } : {}),
  };
}
