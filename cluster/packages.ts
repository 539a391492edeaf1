import type { Role } from './cluster.ts';
import type { OperatingSystem, Purpose } from './operating-systems.ts';

const purposes: Readonly<Record<Role, readonly Purpose[]>> = {
  bastion: ['bastion'],
  'load-balancer': [],
  etcd: ['etcd'],
  'control-plane': ['kubernetes'],
  worker: ['kubernetes'],
  'nfs-server': [],
};

/**
 * What install-packages puts on a host of these roles, sorted. HAProxy, keepalived and NFS have steps of their own,
 * which ask the table for theirs.
 */
export function packagesFor(roles: readonly Role[], { packages }: OperatingSystem): readonly string[] {
  const wanted = (['every-host', ...roles.flatMap((role) => purposes[role])] as const).flatMap(
    (purpose) => packages[purpose],
  );
  return [...new Set(wanted)].toSorted();
}
