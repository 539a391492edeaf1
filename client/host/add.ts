import type { Command } from 'commander';
import { additionPlan } from '../../cluster/addition-plan.ts';
import { addedHosts } from '../../cluster/host-changes.ts';
import { startChange } from '../start-change.ts';
import { refuseTakenHosts } from '../taken-hosts.ts';
import { changeOfHosts } from './change-of-hosts.ts';

export function register(host: Command): void {
  host
    .command('add')
    .description('the worker nodes that the spec names more than before join the cluster')
    .argument('<spec>', 'spec file as it is now, with the new hosts')
    .option('--detach', 'start it and end; holdfast watch shows it')
    .action(add);
}

async function add(file: string, { detach }: { readonly detach?: boolean }): Promise<void> {
  await changeOfHosts(
    file,
    addedHosts,
    async (temporal, { spec, hosts }) => {
      await refuseTakenHosts(temporal, spec);
      const input = { spec, plan: additionPlan(spec, hosts) };
      return startChange(temporal, 'bringUp', input, `add ${hosts.join(', ')}`.slice(0, 200));
    },
    detach,
  );
}
