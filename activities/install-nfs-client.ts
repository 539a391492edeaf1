import { type StepBody, step } from './step.ts';
import { familyOn } from './family.ts';
import { ensurePackages } from './packages.ts';

const body: StepBody<'install-nfs-client'> = async (_call, tools) => {
  const { host, signal } = tools;
  const family = await familyOn(host, signal);
  const packages = family.packages['nfs-client'];
  const { changed, installed } = await ensurePackages(host, family, packages, tools);
  return {
    changed,
    summary: changed ? `installed ${installed.join(' ')}` : `${packages.join(' ')} is there`,
  };
};

export const installNfsClient = step('install-nfs-client', body);
