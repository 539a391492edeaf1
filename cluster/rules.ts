import type { Cluster } from './cluster.ts';
import { addresses } from './rules/addresses.ts';
import { backupHosts } from './rules/backup-hosts.ts';
import { candidates } from './rules/candidates.ts';
import { dualStack, dualStackHosts } from './rules/dual-stack.ts';
import { etcdCount } from './rules/etcd-count.ts';
import { etcdMembers } from './rules/etcd-members.ts';
import { helm } from './rules/helm.ts';
import { loadBalancing } from './rules/load-balancing.ts';
import { networks, roomForPods } from './rules/networks.ts';
import { requiredRoles } from './rules/required-roles.ts';
import type { Finding, Need, Rule } from './rules/rule.ts';
import { singlePoints } from './rules/single-points.ts';
import { storage } from './rules/storage.ts';
import { etcdVersion, versions } from './rules/versions.ts';

const rules: readonly Rule[] = [
  ...addresses,
  requiredRoles,
  etcdCount,
  etcdMembers,
  singlePoints,
  ...loadBalancing,
  candidates,
  networks,
  roomForPods,
  dualStack,
  dualStackHosts,
  storage,
  backupHosts,
  versions,
  etcdVersion,
  helm,
];

/** What a spec must meet beyond its form. `sound`: whether a part of the spec, or a key of it, can be judged at all. */
export function check(cluster: Cluster, sound: (need: Need) => boolean = () => true): readonly Finding[] {
  return rules.filter(({ needs }) => needs.every(sound)).flatMap(({ find }) => find(cluster));
}
