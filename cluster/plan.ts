import { backupPlan } from './backup-plan.ts';
import { hostsWithRole } from './cluster.ts';
import type { Cluster, ClusterHost } from './cluster.ts';
import {
  apiServer,
  apiServerHosts,
  candidateHosts,
  firstBastion,
  kubernetesHosts,
  namesOf,
  nfsHost,
  nodes,
} from './hosts-of.ts';
import { fromBastion, ownAddress } from './host-addresses.ts';
import {
  balancerInput,
  bastionSources,
  etcdProxyInput,
  existingBalancerInput,
  firewallNeeds,
  haRulesInput,
  inventoryInput,
  externalApiTrials,
  membersOf,
  reachAddresses,
  virtualAddresses,
} from './plan-inputs.ts';
import { step, without } from './plan-step.ts';
import type { Phase, Plan, Step } from './plan-types.ts';
import { promotionLine } from './promotion.ts';
import { proxyOf } from './proxy.ts';
import { restrictSsh } from './restrict-ssh.ts';
import { reachabilityMatrix } from './reachability.ts';

/** What happens when a cluster is brought up, from the first connection to the last check. */
export function plan(cluster: Cluster): Plan {
  const proxy = proxyOf(cluster);
  return {
    cluster: cluster.name,
    targets: Object.fromEntries(cluster.hosts.map((host) => [host.name, host.ssh])),
    ...(proxy && { proxy }),
    bastion: firstBastion(cluster).name,
    promotion: promotionLine(cluster),
    phases: phases(cluster).filter(({ steps }) => steps.length > 0),
  };
}

function phases(cluster: Cluster): Phase[] {
  const balanced = cluster.loadBalancer !== undefined;
  const closed = restrictSsh(cluster, cluster.hosts);
  return [
    { id: 'connect', after: [], order: 'in-order-per-host', steps: connect(cluster) },
    { id: 'preflight', after: ['connect'], order: 'in-order-per-host', steps: preflight(cluster) },
    { id: 'prepare', after: ['preflight'], order: 'in-order-per-host', steps: prepare(cluster) },
    { id: 'bastion', after: ['preflight'], order: 'in-order-per-host', steps: bastion(cluster) },
    { id: 'load-balancers', after: ['prepare'], order: 'in-order-per-host', steps: loadBalancers(cluster) },
    {
      id: 'kubernetes',
      after: balanced ? ['prepare', 'bastion', 'load-balancers'] : ['prepare', 'bastion'],
      order: 'in-order',
      steps: kubernetes(cluster),
    },
    { id: 'access', after: ['kubernetes'], order: 'in-order-per-host', steps: access(cluster) },
    { id: 'safety', after: ['access'], order: 'at-once', steps: safety(cluster) },
    { id: 'apps', after: ['safety'], order: 'in-order-per-host', steps: apps(cluster) },
    { id: 'verify', after: ['apps'], order: 'at-once', steps: verify(cluster) },
    ...(closed.length > 0
      ? [{ id: 'one-way-in', after: ['verify'], order: 'at-once', steps: closed } as const]
      : []),
    {
      id: 'keep',
      after: [closed.length > 0 ? 'one-way-in' : 'verify'],
      order: 'in-order',
      steps: keep(cluster),
    },
  ];
}

function connect({ hosts }: Cluster): Step[] {
  return hosts.flatMap(({ name }) => [
    step('connect', 'Connect', name, {}),
    step('gather-facts', 'Gather facts', name, {}),
  ]);
}

function preflight(cluster: Cluster): Step[] {
  const addresses = reachAddresses(cluster);
  const reach = {
    matrix: reachabilityMatrix(cluster),
    addresses: virtualAddresses(cluster),
    ...(addresses && { hosts: addresses }),
    firewall: firewallNeeds(cluster),
  };
  return [
    ...cluster.hosts.flatMap(({ name, roles }) => [
      step('check-operating-system', 'Check the operating system', name, {}),
      step('check-resources', 'Check memory, disks and Python', name, {
        roles,
        ...(roles.includes('bastion') && { kubespray: cluster.kubespray.version }),
      }),
      step('check-clock', 'Check the clock', name, {}),
    ]),
    step('check-reachability', 'Check who reaches whom', firstBastion(cluster).name, reach, 'all'),
  ];
}

function prepare(cluster: Cluster): Step[] {
  const bastions = namesOf(hostsWithRole(cluster, 'bastion'));
  const from = bastionSources(cluster);
  const prepared = kubernetesHosts(cluster);
  return cluster.hosts.flatMap((host) => [
    ...(prepared.includes(host) ? kernel(host) : []),
    step('install-packages', 'Install packages', host.name, {
      roles: host.roles,
      candidate: cluster.failover.candidates.includes(host.name),
    }),
    step(
      'trust-bastion',
      'Let the bastion’s Ansible in',
      host.name,
      {
        bastions,
        ...(fromBastion(host) !== host.ssh.address && { address: fromBastion(host) }),
        ...(from && { from }),
      },
      without(bastions, host.name),
    ),
  ]);
}

function kernel({ name }: ClusterHost): Step[] {
  return [
    step('disable-swap', 'Turn swap off', name, {}),
    step('enable-ip-forwarding', 'Turn IP forwarding on', name, {}),
    step('load-kernel-modules', 'Load kernel modules', name, {}),
  ];
}

/** Every bastion gets all of it, so that a second one can take over. */
function bastion(cluster: Cluster): Step[] {
  const { kubernetes, kubespray } = cluster;
  const members = membersOf(cluster);
  return hostsWithRole(cluster, 'bastion').flatMap(({ name }) => [
    step('fetch-kubespray', 'Fetch Kubespray', name, { kubespray }),
    step('install-ansible', 'Install Ansible', name, { kubespray }),
    step('write-inventory', 'Write the inventory', name, inventoryInput(cluster), without(members, name)),
    step('install-kubectl', 'Install kubectl', name, { kubernetes, kubespray }),
  ]);
}

function loadBalancers(cluster: Cluster): Step[] {
  if (cluster.loadBalancer?.existing) return [existingLoadBalancer(cluster)];
  const input = balancerInput(cluster);
  if (!input) return [];
  const balancers = namesOf(input.balancers);
  return balancers.flatMap((name) => [
    step('install-haproxy', 'Install HAProxy and keepalived', name, {}),
    step('configure-haproxy', 'Configure HAProxy', name, input),
    step('configure-keepalived', 'Configure keepalived', name, input),
    step('check-load-balancer', 'Check the load balancer', name, input, without(balancers, name)),
  ]);
}

/** Before Kubespray: kubeadm's first act is to wait for the API at this address, and it cannot begin anew by itself. */
function existingLoadBalancer(cluster: Cluster): Step {
  const { name } = firstBastion(cluster);
  const input = existingBalancerInput(cluster);
  return step(
    'check-existing-load-balancer',
    'Check that the load balancer leads to the control plane',
    name,
    input,
    without([...namesOf(input.apiServers), ...input.clients], name),
  );
}

function kubernetes(cluster: Cluster): Step[] {
  const { name } = firstBastion(cluster);
  const input = { ...inventoryInput(cluster), playbook: 'cluster.yml' as const };
  return [
    ...apiServerHosts(cluster).map((host) =>
      step('configure-etcd-proxy', 'Put HAProxy before etcd', host.name, etcdProxyInput(cluster, host)),
    ),
    step(
      'run-kubespray',
      'Run Kubespray',
      name,
      input,
      // Candidates are asked whether one of them is promoted.
      without([...membersOf(cluster), ...cluster.failover.candidates], name),
    ),
  ];
}

function access(cluster: Cluster): Step[] {
  const server = apiServer(cluster);
  const controlPlane = namesOf(hostsWithRole(cluster, 'control-plane'));
  return hostsWithRole(cluster, 'bastion').flatMap(({ name }) => [
    step(
      'copy-kubeconfig',
      'Copy the kubeconfig to the bastion',
      name,
      { server, controlPlane },
      without(controlPlane, name),
    ),
    step('check-access', 'Check access with kubectl', name, { server, nodes: namesOf(nodes(cluster)) }),
  ]);
}

function safety(cluster: Cluster): Step[] {
  const { name } = firstBastion(cluster);
  const { kubernetes, backup } = cluster;
  const { keep, recipients, alsoTo } = backup;
  const etcd = namesOf(hostsWithRole(cluster, 'etcd'));
  const controlPlane = namesOf(hostsWithRole(cluster, 'control-plane'));
  const workerNodes = namesOf(hostsWithRole(cluster, 'worker'));
  return [
    step(
      'backup-etcd',
      'Back up etcd',
      name,
      { etcd, keep, recipients, alsoTo },
      without([...etcd, ...alsoTo], name),
    ),
    step(
      'backup-pki',
      'Back up the PKI, encrypted',
      name,
      { controlPlane, keep, recipients, alsoTo },
      without([...controlPlane, ...alsoTo], name),
    ),
    ...candidateHosts(cluster).map((candidate) =>
      step(
        'warm-candidates',
        'Keep control-plane images ready',
        candidate.name,
        { kubernetes, controlPlane },
        controlPlane,
      ),
    ),
    step('spread-dns', 'Spread CoreDNS over hosts', name, { controlPlane, workerNodes }),
  ];
}

function apps(cluster: Cluster): Step[] {
  const { name } = firstBastion(cluster);
  const { kubespray, helm, storage } = cluster;
  return [
    step('install-helm', 'Install Helm', name, {
      version: helm.version,
      kubespray,
      ...(helm.version === 2 && helm.archive && { archive: helm.archive }),
    }),
    ...(helm.version === 2 ? [step('install-tiller', 'Install Tiller', name, { tiller: helm.tiller })] : []),
    ...(storage ? nfsStorage(cluster, storage.nfs) : []),
  ];
}

function nfsStorage(cluster: Cluster, nfs: NonNullable<Cluster['storage']>['nfs']): Step[] {
  const { name } = firstBastion(cluster);
  const server = nfsHost(cluster);
  const input = { nfs, serverAddress: server?.address ?? nfs.server };
  const clients = nodes(cluster);
  return [
    ...(server
      ? [
          step('install-nfs-server', 'Install the NFS server', server.name, {
            nfs,
            clients: clients.map(ownAddress),
          }),
        ]
      : []),
    ...clients.map((client) => step('install-nfs-client', 'Install the NFS client', client.name, {})),
    step('create-storage-class', 'Create the StorageClass', name, input),
    step('install-nfs-provisioner', 'Install the NFS provisioner', name, {
      ...input,
      ...(cluster.helm.version === 2 && { helm3: true }),
    }),
  ];
}

function verify(cluster: Cluster): Step[] {
  const { name } = firstBastion(cluster);
  const { loadBalancer, storage } = cluster;
  const controlPlane = namesOf(hostsWithRole(cluster, 'control-plane'));
  const workerNodes = namesOf(hostsWithRole(cluster, 'worker'));
  const etcd = namesOf(hostsWithRole(cluster, 'etcd'));
  const { version } = cluster.kubernetes;
  const trials = externalApiTrials(cluster);
  return [
    step('check-nodes', 'Check that all nodes are ready', name, { controlPlane, workerNodes, version }),
    step('check-etcd', 'Check etcd’s members', name, { etcd }, without(etcd, name)),
    ...(loadBalancer
      ? [
          step(
            'check-api-through-load-balancers',
            'Check the API through the load balancers',
            name,
            { loadBalancer, ...trials },
            without(Object.values(trials), name),
          ),
        ]
      : []),
    step(
      'check-dns',
      'Check DNS in the cluster',
      name,
      { minimumHosts: Math.min(2, nodes(cluster).length) },
      without(workerNodes, name),
    ),
    ...(storage
      ? [
          step(
            'check-storage',
            'Check that a claim holds data',
            name,
            { nfs: storage.nfs },
            without(workerNodes, name),
          ),
        ]
      : []),
    step('check-ha-rules', 'Check the five rules', name, haRulesInput(cluster), 'all'),
  ];
}

/** What goes on for as long as the cluster lives. */
function keep(cluster: Cluster): Step[] {
  const { name } = firstBastion(cluster);
  return [
    step('start-failover', 'Let failover watch the cluster', name, {}),
    step('start-backups', 'Start the backups that keep up', name, { plan: backupPlan(cluster) }),
  ];
}
