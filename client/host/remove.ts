import type { Command } from 'commander';
import { removedHosts } from '../../cluster/host-changes.ts';
import { removalPlan } from '../../cluster/removal-plan.ts';
import type { RemoveHostsInput } from '../../workflows/contract.ts';
import { confirmByTyping } from '../confirm.ts';
import { startChange } from '../start-change.ts';
import { changeOfHosts } from './change-of-hosts.ts';

interface RemoveOptions {
  readonly dead?: boolean;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

export function register(host: Command): void {
  host
    .command('remove')
    .description('the worker nodes that the spec names no more leave the cluster, and are wiped of it')
    .argument('<spec>', 'spec file as it is now, without those hosts')
    .option('--dead', 'they will never answer again: their pods are not waited for, nothing is wiped')
    .option('--yes', 'do not ask')
    .option('--detach', 'start it and end; holdfast watch shows it')
    .action(remove);
}

async function remove(file: string, { dead = false, yes, detach }: RemoveOptions): Promise<void> {
  await changeOfHosts(
    file,
    removedHosts,
    async (temporal, { spec, last, hosts }) => {
      const names = hosts.join(', ');
      const what = dead
        ? `${names}: gone for good`
        : `${names}: pods are moved, then all of Kubernetes is wiped`;
      await confirmByTyping(
        `${what}; a ReadWriteOnce volume or local data on it may be lost`,
        spec.name,
        yes,
      );
      const plan = removalPlan({ last, next: spec, nodes: hosts, dead });
      const input: RemoveHostsInput = { spec, plan };
      return startChange(temporal, 'removeHosts', input, `remove ${names}`.slice(0, 200));
    },
    detach,
  );
}
