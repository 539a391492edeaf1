import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type StepBody, step } from './step.ts';

/** Of a cluster that is no more: passwords for sudo and secrets of `kubespray.vars` stand in it. */
const body: StepBody<'remove-inventory'> = async ({ cluster }, { host, signal }) => {
  const { inventory } = bastionPaths(cluster);
  const { stdout } = await host.run(sh`if [ -e ${inventory} ]; then rm -rf -- ${inventory}; echo gone; fi`, {
    sudo: true,
    signal,
  });
  return stdout.trim() === 'gone'
    ? { changed: true, summary: `removed: ${inventory}` }
    : { changed: false, summary: 'no inventory of this cluster is there' };
};

export const removeInventory = step('remove-inventory', body);
