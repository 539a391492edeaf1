import { hostsWithRole } from '../cluster.ts';
import type { Cluster, ExistingLoadBalancer, Role } from '../cluster.ts';
import { noWay, whyNoPromotion } from '../promotion.ts';
import type { Component } from './components.ts';
import type { Finding, Rule } from './rule.ts';

/** Every component has a second, on another host, unless the spec accepts that very one. */
export const singlePoints: Rule = {
  needs: ['hosts', 'loadBalancer', 'storage', 'failover.candidates', 'singlePointsOfFailure'],
  find: (cluster) => {
    const found = singlePointsOf(cluster);
    const accepted = cluster.singlePointsOfFailure;
    return [
      ...found.filter(({ component }) => !accepted.includes(component)).map(refusal),
      ...accepted.flatMap((component, index) => unneeded(found, accepted, component, index)),
    ];
  },
};

export interface SinglePoint {
  readonly component: Component;
  readonly why: string;
  /** What ends it. */
  readonly cure: string;
  readonly path: readonly (string | number)[];
}

/** All components whose loss of one host (or, for promotion, of all control-plane hosts) the cluster would not bear. */
export function singlePointsOf(cluster: Cluster): readonly SinglePoint[] {
  return [
    ...alone(cluster, 'bastion', 2),
    ...loadBalancer(cluster),
    ...alone(cluster, 'etcd', 3),
    ...alone(cluster, 'control-plane', 2),
    ...alone(cluster, 'worker', 2),
    ...nfs(cluster),
    ...dns(cluster),
    ...promotion(cluster),
  ];
}

function alone(cluster: Cluster, role: Role & Component, enough: number): SinglePoint[] {
  const count = hostsWithRole(cluster, role).length;
  // None at all is another mistake, and no acceptance cures it.
  if (count === 0 || count >= enough) return [];
  const why = `${count} host${count === 1 ? '' : 's'} with the role ${role}`;
  return [{ component: role, why, cure: `give at least ${enough} hosts the role`, path: ['hosts'] }];
}

function loadBalancer(cluster: Cluster): SinglePoint[] {
  if (cluster.loadBalancer?.existing) return existing(cluster.loadBalancer);
  if (cluster.loadBalancer) return alone(cluster, 'load-balancer', 2);
  const why = 'without loadBalancer all reach the API at one control-plane node';
  return [{ component: 'load-balancer', why, cure: 'add loadBalancer and two hosts for it', path: [] }];
}

function existing({ internal, replicated }: ExistingLoadBalancer): SinglePoint[] {
  if (replicated) return [];
  const why = `one machine may stand behind ${internal.address}`;
  const cure = 'say `replicated: true` where more than one does';
  return [{ component: 'load-balancer', why, cure, path: ['loadBalancer', 'existing'] }];
}

function nfs({ storage }: Cluster): SinglePoint[] {
  if (!storage || storage.nfs.replicated === true) return [];
  const why = `one NFS server (${storage.nfs.server}) holds all claims`;
  const cure = 'name a replicated address and say `replicated: true`';
  return [{ component: 'nfs', why, cure, path: ['storage', 'nfs', 'server'] }];
}

function dns({ hosts }: Cluster): SinglePoint[] {
  const nodes = hosts.filter(({ roles }) => roles.includes('control-plane') || roles.includes('worker'));
  if (nodes.length !== 1) return [];
  return [{ component: 'dns', why: 'one node for both CoreDNS pods', cure: 'add a node', path: ['hosts'] }];
}

function promotion(cluster: Cluster): SinglePoint[] {
  if (['etcd', 'control-plane'].some((role) => hostsWithRole(cluster, role as Role).length === 0)) return [];
  const why = whyNoPromotion(cluster);
  if (why === undefined) return [];
  const cure = why === noWay ? 'add loadBalancer' : cureOf(cluster);
  return [
    { component: 'promotion', why: `all masters lost = restore by a person: ${why}`, cure, path: ['hosts'] },
  ];
}

function cureOf({ failover }: Cluster): string {
  return failover.candidates.length === 0 ? 'add a candidate' : 'put most etcd members on hosts of their own';
}

function refusal({ component, why, cure, path }: SinglePoint): Finding {
  const message = `single point of failure: ${component}: ${why}; ${cure}, or accept it: singlePointsOfFailure: [${component}]`;
  return { path, message };
}

function unneeded(
  found: readonly SinglePoint[],
  accepted: readonly string[],
  component: string,
  index: number,
): Finding[] {
  const path = ['singlePointsOfFailure', index];
  if (accepted.indexOf(component) < index)
    return [{ path, message: `${component} stands here twice; keep one` }];
  if (found.some((point) => point.component === component)) return [];
  return [
    { path, message: `${component} is no single point of failure any more; take it out`, warning: true },
  ];
}
