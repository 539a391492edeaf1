import { hostsWithRole } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { namesOf } from './hosts-of.ts';
import { inventoryInput, membersOf } from './plan-inputs.ts';
import { plan } from './plan.ts';
import type { Phase, PhaseId, Plan } from './plan-types.ts';
import { step, stepsOf, without } from './plan-step.ts';
import { restrictSsh } from './restrict-ssh.ts';
import type { StepId } from './steps.ts';

export interface Removal {
  /** As last applied: it names the worker nodes that go. */
  readonly last: Cluster;
  /** As it is afterwards. */
  readonly next: Cluster;
  readonly nodes: readonly string[];
  /** None of them will answer again: they are not wiped, and their pods are not waited for. */
  readonly dead: boolean;
}

/** What happens when worker nodes leave for good: pods are moved, the hosts wiped, and nothing names them any more. */
export function removalPlan(removal: Removal): Plan {
  const { last, next, nodes, dead } = removal;
  const whole = plan(next);
  const gone = dead ? [] : last.hosts.filter(({ name }) => nodes.includes(name));
  const own = (id: PhaseId, ids: readonly StepId[]) => stepsOf(whole, id, ids);
  const bastions = namesOf(hostsWithRole(next, 'bastion'));
  const phases: Phase[] = [
    {
      id: 'connect',
      after: [],
      order: 'at-once',
      steps: [
        ...own('connect', ['connect']),
        ...gone.map(({ name }) => step('connect', 'Connect', name, {})),
      ],
    },
    {
      id: 'bastion',
      after: ['connect'],
      order: 'in-order-per-host',
      steps: [
        ...own('bastion', ['fetch-kubespray', 'install-ansible']),
        // Kubespray removes only what its inventory names.
        step(
          'write-inventory',
          'Write the inventory',
          whole.bastion,
          inventoryOf(removal),
          without(membersOf(next), whole.bastion),
        ),
      ],
    },
    {
      id: 'remove',
      after: ['bastion'],
      order: 'in-order',
      steps: [
        step(
          'remove-nodes',
          'Remove worker nodes with Kubespray',
          whole.bastion,
          { ...inventoryOf(removal), nodes, dead },
          without([...membersOf(next), ...next.failover.candidates, ...namesOf(gone)], whole.bastion),
        ),
      ],
    },
    {
      id: 'tidy',
      after: ['remove'],
      order: 'in-order-per-host',
      steps: [
        ...own('bastion', ['write-inventory']),
        ...own('load-balancers', ['configure-haproxy', 'check-load-balancer']),
        ...own('apps', ['install-nfs-server']),
        // While the bastion gets in still.
        ...restrictSsh(last, gone, last.bastion && false),
        ...gone.map(({ name }) =>
          step('distrust-bastion', 'Let the bastion’s Ansible in no more', name, { bastions }, bastions),
        ),
      ],
    },
    ...whole.phases
      .filter(({ id }) => id === 'verify' || id === 'keep')
      .map((phase) => ({
        ...phase,
        after: [phase.id === 'verify' ? ('tidy' as const) : ('verify' as const)],
      })),
  ];
  return {
    ...whole,
    targets: { ...whole.targets, ...Object.fromEntries(gone.map(({ name, ssh }) => [name, ssh])) },
    phases,
  };
}

/** Of the next spec, with the nodes that go. */
function inventoryOf({ last, next, nodes }: Removal) {
  const hosts = [...next.hosts, ...last.hosts.filter(({ name }) => nodes.includes(name))];
  return inventoryInput({ ...next, hosts });
}
