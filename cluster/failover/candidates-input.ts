import type { Cluster } from '../cluster.ts';
import { firstBastion } from '../hosts-of.ts';
import { backupPlaceNames } from '../plan-inputs.ts';
import { without } from '../plan-step.ts';
import type { StepCall } from '../steps.ts';

/** What the activity `checkCandidates` is called with. It answers with a `Readiness` for each of these candidates. */
export function candidatesInput(
  cluster: Cluster,
  { candidates }: { readonly candidates: readonly string[] },
): StepCall<'check-candidates'> {
  const bastion = firstBastion(cluster);
  const places = backupPlaceNames(cluster);
  const names = without([...candidates, ...places], bastion.name);
  return {
    candidates,
    kubernetes: cluster.kubernetes,
    places,
    cluster: cluster.name,
    target: bastion.ssh,
    others: Object.fromEntries(
      cluster.hosts.filter(({ name }) => names.includes(name)).map(({ name, ssh }) => [name, ssh]),
    ),
    // It starts no remote job.
    change: '',
    job: 1,
  };
}
