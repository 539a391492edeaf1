import { type StepBody, step } from './step.ts';
import { familyOn } from './family.ts';
import { ensurePackages } from './packages.ts';

const body: StepBody<'install-haproxy'> = async (_call, tools) => {
  const { host, signal } = tools;
  const family = await familyOn(host, signal);
  const packages = [...family.packages.haproxy, ...family.packages.keepalived];
  const { changed, installed } = await ensurePackages(host, family, packages, tools);
  return {
    changed,
    summary: changed ? `installed ${installed.join(' ')}` : `${packages.join(' ')} are there`,
  };
};

export const installHaproxy = step('install-haproxy', body);
