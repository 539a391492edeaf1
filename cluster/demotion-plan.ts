import { hostsWithRole } from './cluster.ts';
import type { Cluster, ClusterHost } from './cluster.ts';
import type { Demotion } from './failover/demotion-request.ts';
import { held } from './host-addresses.ts';
import { firstBastion } from './hosts-of.ts';
import { externalApiTrials } from './plan-inputs.ts';
import type { Phase, Plan } from './plan-types.ts';
import { step, without } from './plan-step.ts';
import { promotionLine, quorum } from './promotion.ts';

/**
 * What happens when a promoted worker node becomes a worker node alone again. Its kubelet and the pods of the node go
 * on. The load balancers stay as they are: a candidate is in their backends before, during and after a promotion.
 */
export function demotionPlan(cluster: Cluster, demotion: Demotion): Plan {
  const host = cluster.hosts.find(({ name }) => name === demotion.host);
  if (!host?.roles.includes('worker') || host.roles.includes('control-plane'))
    throw new TypeError(`${demotion.host} is by its spec no worker node alone of ${cluster.name}`);
  const parts = { cluster, host, bastion: firstBastion(cluster).name, serving: demotion.serving };
  return {
    cluster: cluster.name,
    targets: Object.fromEntries(cluster.hosts.map(({ name, ssh }) => [name, ssh])),
    bastion: parts.bastion,
    promotion: promotionLine(cluster),
    phases: [check(parts), demote(parts), tidy(parts), verify(parts)],
  };
}

interface Parts {
  readonly cluster: Cluster;
  readonly host: ClusterHost;
  readonly bastion: string;
  readonly serving: readonly string[];
}

/** What must serve before anything is taken away. */
function left({ cluster, serving }: Parts) {
  return {
    controlPlane: serving,
    needed: quorum(hostsWithRole(cluster, 'control-plane').length),
  };
}

function check(parts: Parts): Phase {
  const { bastion, serving } = parts;
  return {
    id: 'check',
    after: [],
    order: 'in-order',
    steps: [
      step(
        'check-control-plane',
        'Check that the others serve',
        bastion,
        left(parts),
        without(serving, bastion),
      ),
    ],
  };
}

function demote(parts: Parts): Phase {
  const { cluster, host, bastion, serving } = parts;
  const { name } = host;
  return {
    id: 'demote',
    after: ['check'],
    order: 'in-order',
    steps: [
      step('stop-control-plane', 'Stop the control plane', name, left(parts), without(serving, name)),
      step('check-control-plane-left', 'Check that the others have taken over', bastion, {
        left: held(host),
      }),
      step('remove-control-plane-files', 'Remove keys and configuration', name, {
        keepEtcdClient: workersHaveEtcdClient(cluster),
      }),
    ],
  };
}

/** The label goes last: a demotion that broke off before is one of a host that still counts as promoted. */
function tidy({ cluster, host, bastion, serving }: Parts): Phase {
  const { keep, recipients, alsoTo } = cluster.backup;
  return {
    id: 'tidy',
    after: ['demote'],
    order: 'in-order',
    steps: [
      step(
        'hand-back-kubeadm-config',
        'Hand kubeadm’s configuration back',
        bastion,
        { controlPlane: serving },
        without(serving, bastion),
      ),
      step(
        'backup-pki',
        'Back up the PKI, encrypted',
        bastion,
        { controlPlane: serving, keep, recipients, alsoTo },
        without([...serving, ...alsoTo], bastion),
      ),
      step('unlabel-demoted-node', 'Unlabel the demoted node', bastion, { node: host.name }),
    ],
  };
}

function verify({ cluster, host, bastion, serving }: Parts): Phase {
  const { kubernetes, loadBalancer } = cluster;
  const trials = externalApiTrials(cluster);
  return {
    id: 'verify',
    after: ['tidy'],
    order: 'at-once',
    steps: [
      step('check-nodes', 'Check that the nodes are ready', bastion, {
        controlPlane: serving,
        workerNodes: [host.name],
        version: kubernetes.version,
      }),
      ...(loadBalancer
        ? [
            step(
              'check-api-through-load-balancers',
              'Check the API through the load balancers',
              bastion,
              { loadBalancer, ...trials },
              without(Object.values(trials), bastion),
            ),
          ]
        : []),
    ],
  };
}

/** With these network plugins Kubespray gives every worker node a certificate for etcd: that one is none of a promotion’s. */
function workersHaveEtcdClient({ kubernetes: { network }, kubespray: { vars } }: Cluster): boolean {
  return (
    network === 'flannel' ||
    network === 'cilium' ||
    vars.cilium_deploy_additionally === true ||
    (network === 'calico' && vars.calico_datastore === 'etcd')
  );
}
