import { hostsWithRole } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { apiServerHosts, kubernetesHosts, namesOf } from './hosts-of.ts';
import { inventoryInput } from './plan-inputs.ts';
import { plan } from './plan.ts';
import type { PhaseId, Plan, Step } from './plan-types.ts';
import { restrictSsh } from './restrict-ssh.ts';
import { optional, step, stepsOf, without } from './plan-step.ts';
import type { StepId } from './steps.ts';

/**
 * What happens when a cluster is taken down for good: a last backup where it still gives one, then Kubespray's reset.yml,
 * then what holdfast put beside it. Backups, the NFS server's files and the hosts' packages and settings stay.
 */
export function resetPlan(cluster: Cluster): Plan {
  const whole = plan(cluster);
  const own = (id: PhaseId, ids: readonly StepId[]) => stepsOf(whole, id, ids);
  const { bastion } = whole;
  return {
    ...whole,
    phases: [
      { id: 'connect', after: [], order: 'at-once', steps: own('connect', ['connect']) },
      {
        id: 'safety',
        after: ['connect'],
        order: 'at-once',
        steps: lastBackup(own('safety', ['backup-etcd', 'backup-pki'])),
      },
      {
        id: 'release',
        after: ['safety'],
        order: 'in-order',
        steps: [step('stop-watching', 'Let nothing watch it any more', bastion, {})],
      },
      {
        id: 'bastion',
        after: ['release'],
        order: 'in-order-per-host',
        steps: own('bastion', ['fetch-kubespray', 'install-ansible', 'write-inventory']).filter(
          ({ host }) => host === bastion,
        ),
      },
      {
        id: 'reset',
        after: ['bastion'],
        order: 'in-order',
        steps: [
          step(
            'reset-hosts',
            'Wipe Kubernetes and etcd with Kubespray',
            bastion,
            inventoryInput(cluster),
            without(namesOf(kubernetesHosts(cluster)), bastion),
          ),
        ],
      },
      {
        id: 'tidy',
        after: ['reset'],
        order: 'in-order-per-host',
        steps: [
          ...hostsWithRole(cluster, 'load-balancer').map(({ name }) =>
            step('stop-load-balancer', 'Stop HAProxy and keepalived', name, {}),
          ),
          ...apiServerHosts(cluster).map(({ name }) =>
            step('remove-etcd-proxy', 'Remove HAProxy before etcd', name, {}),
          ),
          ...restrictSsh(cluster, cluster.hosts, cluster.bastion && false),
          ...hostsWithRole(cluster, 'bastion').flatMap(({ name }) => [
            step('remove-kubeconfig', 'Remove the kubeconfig', name, {}),
            step('remove-inventory', 'Remove the inventory and its secrets', name, {}),
          ]),
        ],
      },
    ],
  };
}

/** A cluster that gives none any more must go all the same. */
function lastBackup(steps: readonly Step[]): readonly Step[] {
  return steps.map((one) =>
    optional(one.id === 'backup-etcd' ? { ...one, input: { ...one.input, freshMinutes: 0 } } : one),
  );
}
