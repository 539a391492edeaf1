import { hostsWithRole } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { FailoverStatus } from './failover/status.ts';
import { apiIsReady, sightOf } from './failover/sight.ts';
import { namesOf } from './hosts-of.ts';
import { quorum } from './promotion.ts';

/**
 * Also for one whose promotion broke off: what was done to it is taken back.
 * Which control-plane nodes of the spec a promoted worker node could leave the cluster to, or why it must stay: it may
 * go only where a majority of them is seen to serve.
 */
export function judgeDemotion(
  spec: Cluster,
  { picture, promoted, unfinished }: Pick<FailoverStatus, 'picture' | 'promoted' | 'unfinished'>,
  host: string,
): { readonly serving: readonly string[] } | { readonly why: string } {
  if (!promoted.includes(host) && host !== unfinished)
    return { why: `${host} is not promoted: ${promoted.join(', ') || 'no worker node'} is` };
  if (!picture) return { why: 'failover has not seen the cluster yet' };
  const sight = sightOf(picture, { balancers: namesOf(hostsWithRole(spec, 'load-balancer')) });
  const masters = namesOf(hostsWithRole(spec, 'control-plane'));
  const serving = masters.filter((name) => apiIsReady(sight, name));
  const silent = masters.filter((name) => !serving.includes(name));
  if (serving.length >= quorum(masters.length)) return { serving };
  return {
    why: `${serving.length} of the spec’s ${masters.length} control-plane nodes serve, and ${quorum(masters.length)} must before ${host} may go; not ready: ${silent.join(', ')}`,
  };
}
