import { hostsWithRole } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import type { HostFacts, Problem } from '../facts.ts';

/** What Kubespray itself asserts (minimal_master_memory_mb, minimal_node_memory_mb), in MB. */
export const memoryFloors = { controlPlane: 1500, node: 1024 } as const;

/** Candidates that could not bear the control plane's pods. The hosts' own floors are check-resources' matter. */
export function sizeProblems(cluster: Cluster, facts: readonly HostFacts[]): Problem[] {
  const masters = hostsWithRole(cluster, 'control-plane').map(({ name }) => name);
  return facts
    .filter(
      ({ host, memoryMb }) =>
        cluster.failover.candidates.includes(host) && memoryMb < memoryFloors.controlPlane,
    )
    .filter(({ host }) => !masters.includes(host))
    .map(({ host, memoryMb }) => ({
      host,
      step: 'check-identity',
      message: `a failover candidate with ${memoryMb} MB of memory; a control-plane node needs ${memoryFloors.controlPlane} MB`,
      cure: 'Give it more memory, or name other hosts in failover.candidates.',
    }));
}
