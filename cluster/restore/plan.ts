import { hostsWithRole } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import { apiServerHosts, firstBastion, namesOf, nodes } from '../hosts-of.ts';
import { backupPlaceNames, etcdProxyInput } from '../plan-inputs.ts';
import type { Phase, Plan, Step } from '../plan-types.ts';
import { optional, step, without } from '../plan-step.ts';
import { promotionLine } from '../promotion.ts';

/**
 * What happens when etcd is restored, from the look at what there is to the first write. After the look a person says
 * what to restore, and until `stop` nothing of the cluster is touched. Hosts that gave no answer are left out.
 */
export function restorePlan(cluster: Cluster): Plan {
  const parts = partsOf(cluster);
  const order: readonly [Phase['id'], Phase['order'], readonly Step[]][] = [
    ['look', 'in-order', look(parts)],
    ['stage', 'in-order', stage(parts)],
    ['stop', 'at-once', stop(parts)],
    ['save', 'at-once', each(parts.etcd, 'save-member', 'Keep the member’s data as it is')],
    ['restore-etcd', 'at-once', each(parts.etcd, 'restore-member', 'Restore the member')],
    // All together: each waits for a majority of the others.
    ['start', 'at-once', each(parts.etcd, 'start-etcd', 'Start etcd')],
    ['serve', 'in-order-per-host', serve(parts)],
    ['refresh', 'at-once', refresh(parts)],
    ['verify', 'at-once', verify(parts)],
  ];
  return {
    cluster: cluster.name,
    targets: Object.fromEntries(cluster.hosts.map((host) => [host.name, host.ssh])),
    bastion: parts.bastion,
    promotion: promotionLine(cluster),
    phases: order.map(([id, how, steps], i) => {
      const before = order[i - 1]?.[0];
      return { id, after: before ? [before] : [], order: how, steps };
    }),
  };
}

interface Parts {
  readonly cluster: Cluster;
  readonly bastion: string;
  readonly etcd: readonly string[];
  /** Control-plane nodes, and candidates: a promoted one runs an API server too. */
  readonly apiServers: readonly string[];
}

function partsOf(cluster: Cluster): Parts {
  return {
    cluster,
    bastion: firstBastion(cluster).name,
    etcd: namesOf(hostsWithRole(cluster, 'etcd')),
    apiServers: namesOf(apiServerHosts(cluster)),
  };
}

function look({ cluster, bastion, etcd, apiServers }: Parts): Step[] {
  const places = backupPlaceNames(cluster);
  return [
    step(
      'look-for-snapshots',
      'Look for what etcd can be restored from',
      bastion,
      { etcd, apiServers, places },
      without([...etcd, ...apiServers, ...places], bastion),
    ),
  ];
}

function stage({ cluster, bastion, etcd }: Parts): Step[] {
  const places = backupPlaceNames(cluster);
  return [
    step(
      'stage-snapshot',
      'Bring the same snapshot to every member',
      bastion,
      { places },
      without([...etcd, ...places], bastion),
    ),
  ];
}

function stop({ etcd, apiServers }: Parts): Step[] {
  return [
    ...each(apiServers, 'stop-api-server', 'Stop the API server'),
    ...each(etcd, 'stop-etcd', 'Stop etcd, and keep it stopped'),
  ];
}

/** A member that was left out must get no connections when it comes back with its old data. */
function serve({ cluster, apiServers }: Parts): Step[] {
  return apiServers.flatMap((name) => {
    const host = cluster.hosts.find((one) => one.name === name);
    return [
      ...(host
        ? [
            step(
              'configure-etcd-proxy',
              'Put HAProxy before the members',
              name,
              etcdProxyInput(cluster, host),
            ),
          ]
        : []),
      step('start-api-server', 'Start the API server', name, {}),
    ];
  });
}

/** What they hold in memory is of the time before. */
function refresh({ cluster, apiServers }: Parts): Step[] {
  return [
    ...each(apiServers, 'restart-controllers', 'Restart controller-manager and scheduler'),
    // A node that is dead must not keep the rest from being checked: its kubelet begins anew when it comes back.
    ...each(namesOf(nodes(cluster)), 'restart-kubelet', 'Restart the kubelet').map(optional),
  ];
}

function verify({ cluster, bastion, etcd }: Parts): Step[] {
  const { internal } = cluster.loadBalancer ?? {};
  const controlPlane = hostsWithRole(cluster, 'control-plane')[0];
  const address = internal ? `${internal.address}:${internal.port}` : `${controlPlane?.address}:6443`;
  const { keep, recipients, alsoTo } = cluster.backup;
  return [
    step('check-etcd', 'Check etcd’s members', bastion, { etcd }, without(etcd, bastion)),
    step('check-writes', 'Check that writes are taken and kept', bastion, { addresses: [address] }),
    step(
      'backup-etcd',
      'Back up etcd as it is now',
      bastion,
      { etcd, keep, recipients, alsoTo, freshMinutes: 0 },
      without([...etcd, ...alsoTo], bastion),
    ),
  ];
}

type Plain =
  | 'stop-api-server'
  | 'stop-etcd'
  | 'save-member'
  | 'restore-member'
  | 'start-etcd'
  | 'restart-controllers'
  | 'restart-kubelet';

function each(hosts: readonly string[], id: Plain, title: string): Step[] {
  return hosts.map((host) => step(id, title, host, {}));
}
