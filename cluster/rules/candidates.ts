import type { Cluster } from '../cluster.ts';
import type { Finding, Rule } from './rule.ts';

/** Only a worker node of this spec can become a control-plane node. Its size is known at preflight. */
export const candidates: Rule = {
  needs: ['hosts', 'failover.candidates'],
  find: (cluster) =>
    cluster.failover.candidates.flatMap((name, index): Finding[] => {
      const message = whyNot(cluster, name, index);
      return message === undefined ? [] : [{ path: ['failover', 'candidates', index], message }];
    }),
};

function whyNot({ hosts, failover }: Cluster, name: string, index: number): string | undefined {
  const host = hosts.find((other) => other.name === name);
  if (!host) return `no host is called ${name}; wanted: one of ${workerNames(hosts)}`;
  if (host.roles.includes('control-plane'))
    return `${name} is a control-plane node already; wanted: a worker node that is none`;
  if (!host.roles.includes('worker'))
    return `${name} is no worker node; wanted: one of ${workerNames(hosts)}`;
  if (failover.candidates.indexOf(name) < index) return `${name} stands here twice; keep one`;
  return undefined;
}

function workerNames(hosts: Cluster['hosts']): string {
  const names = hosts
    .filter(({ roles }) => roles.includes('worker') && !roles.includes('control-plane'))
    .map(({ name }) => name);
  return names.length === 0 ? 'the worker nodes (there is none)' : names.slice(0, 5).join(', ');
}
