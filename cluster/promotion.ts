import { hostsWithRole } from './cluster.ts';
import type { Cluster } from './cluster.ts';

/** Members that must live for etcd to take writes. */
export function quorum(members: number): number {
  return Math.floor(members / 2) + 1;
}

export const noWay = 'without a load balancer no node would find the promoted one';

/** Why no worker node can be promoted once all control-plane nodes are lost; undefined where one can. */
export function whyNoPromotion(cluster: Cluster): string | undefined {
  const members = hostsWithRole(cluster, 'etcd');
  const left = members.filter(({ roles }) => !roles.includes('control-plane')).length;
  if (left < quorum(members.length))
    return `losing all control-plane hosts leaves ${left} of ${members.length} etcd members, short of the quorum of ${quorum(members.length)}`;
  if (cluster.failover.candidates.length === 0) return 'no worker node is a candidate';
  if (!cluster.loadBalancer) return noWay;
  return undefined;
}

/** The plan's and status' line on the loss of control-plane nodes. */
export function promotionLine(cluster: Cluster): string {
  const reason = whyNoPromotion(cluster);
  if (reason !== undefined) return `all masters lost = restore by a person (${reason})`;
  const { candidates, mode, promoteBelow } = cluster.failover;
  const loss = promoteBelow === 1 ? 'all masters lost' : `fewer than ${promoteBelow} masters left`;
  const approved = mode === 'manual' ? ', once a person approves' : '';
  return `${loss} = a worker is promoted (${candidates.join(', ')})${approved}`;
}
