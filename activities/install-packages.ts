import { packagesFor } from '../cluster/packages.ts';
import { systemOn } from './family.ts';
import { ensurePackages } from './packages.ts';
import { type StepBody, step } from './step.ts';

const body: StepBody<'install-packages'> = async (call, tools) => {
  const { host, signal } = tools;
  const { family, python } = await systemOn(host, signal);
  const packages = packagesFor(call, family, python);
  const { changed, installed } = await ensurePackages(host, family, packages, tools);
  return {
    changed,
    summary: changed ? `installed ${installed.join(', ')}` : `${packages.length} packages are there`,
  };
};

export const installPackages = step('install-packages', body);
