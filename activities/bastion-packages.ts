import type { Host } from '../hosts/host.ts';
import { familyOn } from './family.ts';
import { ensurePackages } from './packages.ts';

/** What the bastion's own steps call: git, an SSH client, Python's venv. They may run before install-packages has. */
export async function ensureBastionPackages(host: Host, signal: AbortSignal): Promise<void> {
  const family = await familyOn(host, signal);
  await ensurePackages(host, family, family.packages.bastion, signal);
}
