import type { ActivityOptions } from '@temporalio/workflow';
import type { StepId } from '../cluster/steps.ts';

/**
 * How long a step may take and how often it is tried before it parks and a person is asked.
 * Which errors are retried at all is said by the error itself (ErrorKind of cluster/status.ts).
 */
export type StepClass = 'quick' | 'install' | 'poll' | 'job';

/** Every step's frame beats once a second: ten silent seconds mean that its worker is gone. */
const beating = { heartbeatTimeout: '10 s', cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;

const policies: Readonly<Record<StepClass, ActivityOptions>> = {
  // A lost host parks after 15 s of pauses and five attempts to connect: about a minute.
  quick: {
    ...beating,
    startToCloseTimeout: '3 m',
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '8 s', maximumAttempts: 5 },
  },
  // Packages and downloads: a lock held by the daily upgrade, a mirror that is busy.
  install: {
    ...beating,
    startToCloseTimeout: '30 m',
    retry: { initialInterval: '3 s', backoffCoefficient: 2, maximumInterval: '30 s', maximumAttempts: 5 },
  },
  // Looks at something that comes true by itself, up to about four minutes later.
  poll: {
    ...beating,
    startToCloseTimeout: '5 m',
    retry: { initialInterval: '1 s', backoffCoefficient: 1.3, maximumInterval: '10 s', maximumAttempts: 30 },
  },
  // The job itself lives on the bastion: an attempt only re-attaches, so a night without a network costs nothing.
  // (A failed command ends it sooner: Patience of activities/step.ts.)
  job: {
    ...beating,
    startToCloseTimeout: '12 h',
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '30 s', maximumAttempts: 1000 },
  },
};

const classOf: Readonly<Record<StepId, StepClass>> = {
  connect: 'quick',
  'gather-facts': 'quick',
  'check-operating-system': 'quick',
  'check-resources': 'quick',
  'check-clock': 'quick',
  'check-reachability': 'install',
  // Gigabytes that are swapped out are read back first.
  'disable-swap': 'install',
  'enable-ip-forwarding': 'quick',
  'load-kernel-modules': 'quick',
  'install-packages': 'install',
  'trust-bastion': 'quick',
  'fetch-kubespray': 'install',
  'install-ansible': 'install',
  'write-inventory': 'quick',
  'install-kubectl': 'install',
  'install-haproxy': 'install',
  'configure-haproxy': 'quick',
  'configure-keepalived': 'quick',
  'check-load-balancer': 'poll',
  // Health checks of somebody else's, for one backend after another.
  'check-existing-load-balancer': 'install',
  'configure-etcd-proxy': 'quick',
  'run-kubespray': 'job',
  'add-nodes': 'job',
  'remove-nodes': 'job',
  'distrust-bastion': 'quick',
  'stop-watching': 'quick',
  'reset-hosts': 'job',
  'stop-load-balancer': 'install',
  'remove-inventory': 'quick',
  'restrict-ssh': 'quick',
  'remove-kubeconfig': 'quick',
  'remove-etcd-proxy': 'quick',
  'copy-kubeconfig': 'quick',
  'check-access': 'poll',
  'backup-etcd': 'install',
  'backup-pki': 'install',
  'check-backup': 'install',
  'warm-candidates': 'install',
  'spread-dns': 'poll',
  'install-helm': 'install',
  'install-tiller': 'install',
  'install-nfs-server': 'install',
  'install-nfs-client': 'install',
  'create-storage-class': 'quick',
  'install-nfs-provisioner': 'install',
  'check-nodes': 'poll',
  'check-etcd': 'poll',
  'check-api-through-load-balancers': 'poll',
  'check-dns': 'poll',
  'check-storage': 'poll',
  'check-ha-rules': 'poll',
  'give-access': 'quick',
  'heal-api-server': 'quick',
  'heal-load-balancer': 'quick',
  'heal-etcd': 'quick',
  'mark-control-plane': 'quick',
  'start-failover': 'quick',
  'start-backups': 'quick',
  'resolve-own-name': 'quick',
  'check-candidate': 'quick',
  'check-etcd-quorum': 'quick',
  'snapshot-etcd': 'install',
  'restore-pki': 'quick',
  'issue-etcd-client': 'quick',
  'start-control-plane': 'quick',
  'check-api-server': 'poll',
  'copy-kubectl': 'quick',
  'upload-kubeadm-config': 'poll',
  'label-promoted-node': 'poll',
  'remove-lost-nodes': 'poll',
  'check-writes': 'poll',
  'check-drill': 'quick',
  'start-prober': 'quick',
  'set-restore-timer': 'quick',
  'break-host': 'quick',
  // A host that only its own timer puts back cannot be reached before.
  'put-back': 'poll',
  'write-drill-report': 'poll',
  'check-control-plane': 'quick',
  'stop-control-plane': 'quick',
  'check-control-plane-left': 'poll',
  'remove-control-plane-files': 'quick',
  'unlabel-demoted-node': 'poll',
  'hand-back-kubeadm-config': 'poll',
  'check-candidates': 'quick',
  'look-for-snapshots': 'install',
  'stage-snapshot': 'job',
  'stop-api-server': 'install',
  'stop-etcd': 'install',
  'save-member': 'install',
  'restore-member': 'install',
  'start-etcd': 'poll',
  'start-api-server': 'poll',
  'restart-controllers': 'poll',
  'restart-kubelet': 'quick',
};

export function policyOf(step: StepId): ActivityOptions {
  return policies[classOf[step]];
}
