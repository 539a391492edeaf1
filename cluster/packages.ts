import type { Role } from './cluster.ts';
import type { OperatingSystem, OtherPython, Purpose } from './operating-systems.ts';

const purposes: Readonly<Record<Role, readonly Purpose[]>> = {
  bastion: ['bastion'],
  'load-balancer': [],
  etcd: ['etcd'],
  'control-plane': ['kubernetes', 'haproxy'],
  worker: ['kubernetes'],
  'nfs-server': [],
};

/** Those that Kubespray enters. */
const entered: readonly Role[] = ['etcd', 'control-plane', 'worker'];

/** A candidate has what a control-plane node has: HAProxy stands before etcd there. */
interface Placed {
  readonly roles: readonly Role[];
  readonly candidate: boolean;
}

/**
 * What install-packages puts on a host, sorted. `python`: what the system has beside its python3. Load balancers and NFS
 * have steps of their own, which ask the table for theirs.
 */
export function packagesFor(
  { roles, candidate }: Placed,
  { packages }: OperatingSystem,
  python?: OtherPython,
): readonly string[] {
  const held: readonly Role[] = candidate ? [...roles, 'control-plane'] : roles;
  const wanted = (['every-host', ...held.flatMap((role) => purposes[role])] as const).flatMap(
    (purpose) => packages[purpose],
  );
  const forModules = python?.forModules && held.some((role) => entered.includes(role));
  return [...new Set([...wanted, ...(forModules ? python.packages : [])])].toSorted();
}
