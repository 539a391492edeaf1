import type { Cluster } from './cluster.ts';
import { firstBastion } from './hosts-of.ts';
import { inventoryInput, membersOf } from './plan-inputs.ts';
import { plan } from './plan.ts';
import type { Phase, PhaseId, Plan, Step } from './plan-types.ts';
import { step, without } from './plan-step.ts';
import type { Reach, StepId, StepInputs } from './steps.ts';

/**
 * What happens when worker nodes join: the bring-up's own steps, those of single hosts for the new ones alone, and
 * Kubespray's scale.yml in place of the whole run. Nothing is done to a node that serves.
 */
export function additionPlan(cluster: Cluster, added: readonly string[]): Plan {
  const whole = plan(cluster);
  const phases = whole.phases
    .map((phase) => ({ ...phase, steps: steps(phase, cluster, added) }))
    .filter(({ steps }) => steps.length > 0);
  return { ...whole, phases: phases.map((phase) => ({ ...phase, after: bridged(phase, whole, phases) })) };
}

/** Steps of single nodes that others need not go through again. */
const ofNewHosts: readonly PhaseId[] = ['preflight', 'prepare', 'one-way-in'];
/** What a new worker node changes nothing in. */
const leftOut: readonly StepId[] = [
  'configure-etcd-proxy',
  'backup-etcd',
  'backup-pki',
  'warm-candidates',
  'spread-dns',
];

function steps({ id, steps: all }: Phase, cluster: Cluster, added: readonly string[]): readonly Step[] {
  return all.flatMap((one): readonly Step[] => {
    if (leftOut.includes(one.id)) return [];
    if (one.id === 'check-reachability') return [{ ...one, input: reachabilityOf(one.input, added) }];
    if (one.id === 'check-existing-load-balancer')
      return [{ ...one, input: { ...one.input, clients: added } }];
    if (one.id === 'run-kubespray') return [addNodes(cluster, added)];
    if (ofNewHosts.includes(id) || one.id === 'install-nfs-client')
      return added.includes(one.host) ? [one] : [];
    return [one];
  });
}

function addNodes(cluster: Cluster, added: readonly string[]): Step {
  const { name } = firstBastion(cluster);
  const others = without([...membersOf(cluster), ...cluster.failover.candidates], name);
  return step(
    'add-nodes',
    'Add worker nodes with Kubespray',
    name,
    { ...inventoryInput(cluster), nodes: added },
    others,
  );
}

/** What has to do with the new hosts: firewalls of others were asked when those were added. */
function reachabilityOf(input: StepInputs['check-reachability'], added: readonly string[]) {
  const { matrix, firewall } = input;
  return {
    ...input,
    matrix: matrixOf(matrix, added),
    ...(firewall && { firewall: { ...firewall, nodes: added } }),
  };
}

/** Lines of the matrix in which a new host is one of the two. */
function matrixOf(matrix: readonly Reach[], added: readonly string[]): readonly Reach[] {
  const isNew = (name: string) => added.includes(name);
  return matrix
    .flatMap((reach) => [
      { ...reach, from: reach.from.filter(isNew) },
      { ...reach, from: reach.from.filter((name) => !isNew(name)), to: reach.to.filter(isNew) },
    ])
    .filter(({ from, to }) => from.some((one) => to.some((other) => one !== other)));
}

/** Phases that have no steps left are no longer waited for, but those before them are. */
function bridged(phase: Phase, whole: Plan, left: readonly Phase[]): readonly PhaseId[] {
  const after = (id: PhaseId): readonly PhaseId[] =>
    left.some((one) => one.id === id)
      ? [id]
      : (whole.phases.find((one) => one.id === id)?.after ?? []).flatMap(after);
  return [...new Set(phase.after.flatMap(after))];
}
