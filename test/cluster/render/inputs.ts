import type { Role } from '../../../cluster/cluster.ts';
import type { BalancerInput, EtcdProxyInput, InventoryHost, InventoryInput } from '../../../cluster/steps.ts';

/** Two load balancers, three control-plane nodes, two candidates, three worker nodes, both addresses. */
export const balancerInput: BalancerInput = {
  loadBalancer: {
    internal: { address: '10.0.0.100', port: 6443, routerId: 51 },
    external: {
      address: '10.0.0.101',
      routerId: 52,
      forward: [
        { port: 443, nodePort: 30443 },
        { port: 80, nodePort: 30080 },
      ],
      apiPort: 6443,
      apiAllow: ['192.0.2.0/24', '198.51.100.7/32'],
    },
    prefixLength: 24,
  },
  timings: 'fast',
  balancers: [
    { name: 'lb-1', address: '10.0.0.11' },
    { name: 'lb-2', address: '10.0.0.12' },
  ],
  apiServers: [
    { name: 'master-1', address: '10.0.0.31', candidate: false },
    { name: 'master-2', address: '10.0.0.32', candidate: false },
    { name: 'master-3', address: '10.0.0.33', candidate: false },
    { name: 'worker-1', address: '10.0.0.41', candidate: true },
    { name: 'worker-2', address: '10.0.0.42', candidate: true },
  ],
  workerNodes: [
    { name: 'worker-1', address: '10.0.0.41' },
    { name: 'worker-2', address: '10.0.0.42' },
    { name: 'worker-3', address: '10.0.0.43' },
  ],
};

/** Three etcd members, on a host that is no load balancer. */
export const etcdProxyInput: EtcdProxyInput = {
  etcd: [
    { name: 'etcd-1', address: '10.0.0.21' },
    { name: 'etcd-2', address: '10.0.0.22' },
    { name: 'etcd-3', address: '10.0.0.23' },
  ],
  timings: 'fast',
  balancer: false,
};

/** The internal address alone, for virtual machines. */
export const calmInternalOnly: BalancerInput = {
  ...balancerInput,
  timings: 'calm',
  loadBalancer: { internal: balancerInput.loadBalancer.internal, prefixLength: 24 },
};

const host = (name: string, address: string, ...roles: Role[]): InventoryHost => ({
  name,
  address,
  roles,
  labels: {},
  port: 22,
  user: 'ubuntu',
});

/** The twelve hosts; worker-1 with a label, worker-3 reached by another user and port; offline variables and a secret. */
export const inventoryInput: InventoryInput = {
  hosts: [
    host('bastion-1', '10.0.0.5', 'bastion'),
    host('lb-1', '10.0.0.11', 'load-balancer'),
    host('lb-2', '10.0.0.12', 'load-balancer'),
    host('etcd-1', '10.0.0.21', 'etcd'),
    host('etcd-2', '10.0.0.22', 'etcd'),
    host('etcd-3', '10.0.0.23', 'etcd'),
    host('master-1', '10.0.0.31', 'control-plane'),
    host('master-2', '10.0.0.32', 'control-plane'),
    host('master-3', '10.0.0.33', 'control-plane'),
    { ...host('worker-1', '10.0.0.41', 'worker'), labels: { disk: 'ssd', 'example.com/zone': '1' } },
    host('worker-2', '10.0.0.42', 'worker'),
    { ...host('worker-3', '10.0.0.43', 'worker'), port: 2222, user: 'debian' },
  ],
  kubernetes: {
    version: '1.34.4',
    podCidr: '10.233.64.0/18',
    serviceCidr: '10.233.0.0/18',
    network: 'flannel',
  },
  kubespray: {
    version: 'v2.31.0',
    source: 'https://github.com/kubernetes-sigs/kubespray',
    vars: {
      registry_host: '10.0.0.1:5000',
      kube_image_repo: '{{ registry_host }}',
      enable_nodelocaldns: false,
      etcd_version: '3.6.10',
      supplementary_addresses_in_ssl_keys: ['api.example.com'],
      containerd_registry_auth: [
        { registry: '10.0.0.1:5000', password: { fromFile: '~/registry-password' } },
      ],
    },
  },
  loadBalancer: balancerInput.loadBalancer,
  candidates: ['worker-1', 'worker-2'],
  timings: 'calm',
};
