import type { Host } from '../hosts/host.ts';
import { familyOn } from './family.ts';
import { ensurePackages } from './packages.ts';
import type { StepTools } from './step.ts';

/** What the bastion's own steps call: git, an SSH client, Python's venv. They may run before install-packages has. */
export async function ensureBastionPackages(
  host: Host,
  tools: Pick<StepTools, 'outside' | 'signal'>,
): Promise<void> {
  const family = await familyOn(host, tools.signal);
  await ensurePackages(host, family, family.packages.bastion, tools);
}
