import { hostsWithRole } from './cluster.ts';
import type { Cluster, SshTarget } from './cluster.ts';
import { firstBastion, namesOf } from './hosts-of.ts';
import type { Step } from './plan-types.ts';
import { step, without } from './plan-step.ts';

/** What the workflow `backup` is told of a cluster: its policy, and the steps of one backup. */
export interface BackupPlan {
  readonly cluster: string;
  readonly everyHours: number;
  readonly recipients: readonly string[];
  /** How to reach the hosts that these steps name. */
  readonly targets: Readonly<Record<string, SshTarget>>;
  /** In this order: each is run, whatever became of the one before. */
  readonly steps: readonly Step[];
}

export function backupPlan(cluster: Cluster): BackupPlan {
  const { name } = firstBastion(cluster);
  const { everyHours, keep, recipients, alsoTo } = cluster.backup;
  const etcd = namesOf(hostsWithRole(cluster, 'etcd'));
  // A candidate that was promoted holds the PKI too, when all others are lost.
  const controlPlane = [
    ...new Set([...namesOf(hostsWithRole(cluster, 'control-plane')), ...cluster.failover.candidates]),
  ];
  const named = new Set([name, ...etcd, ...controlPlane, ...alsoTo]);
  return {
    cluster: cluster.name,
    everyHours,
    recipients,
    targets: Object.fromEntries(
      cluster.hosts.filter((host) => named.has(host.name)).map((host) => [host.name, host.ssh]),
    ),
    steps: [
      step(
        'backup-etcd',
        'Back up etcd',
        name,
        { etcd, keep, recipients, alsoTo },
        without([...etcd, ...alsoTo], name),
      ),
      step(
        'backup-pki',
        'Back up the PKI, encrypted',
        name,
        { controlPlane, keep, recipients, alsoTo },
        without([...controlPlane, ...alsoTo], name),
      ),
      step(
        'check-backup',
        'Open the newest backups',
        name,
        { controlPlane, alsoTo, everyHours, open: true },
        without([...controlPlane, ...alsoTo], name),
      ),
    ],
  };
}
