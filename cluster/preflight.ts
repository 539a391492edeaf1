import type { Cluster } from './cluster.ts';
import type { HostFacts, Problem } from './facts.ts';
import { clockProblems } from './preflight/clocks.ts';
import { identityProblems } from './preflight/identity.ts';
import { networkProblems } from './preflight/networks.ts';
import { sizeProblems } from './preflight/sizes.ts';
import { virtualAddressProblems } from './preflight/virtual-addresses.ts';

/**
 * What only the facts of all hosts together, beside the spec, can show. Facts of hosts that the spec does not name are
 * left aside; a host without facts is judged by nobody here.
 */
export function preflight(cluster: Cluster, facts: readonly HostFacts[]): Problem[] {
  const known = facts.filter(({ host }) => cluster.hosts.some(({ name }) => name === host));
  return [
    ...identityProblems(cluster, known),
    ...clockProblems(known),
    ...sizeProblems(cluster, known),
    ...virtualAddressProblems(cluster, known),
    ...networkProblems(cluster, known),
  ];
}
