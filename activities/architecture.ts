import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';

export type Architecture = 'amd64' | 'arm64';

const names: Readonly<Record<string, Architecture>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** The host's architecture as Go, Kubernetes and Kubespray name it. */
export async function architectureOf(host: Host, signal: AbortSignal): Promise<Architecture> {
  const machine = (await host.run(sh`uname -m`, { signal })).stdout.trim();
  const name = names[machine];
  if (name) return name;
  throw new HostError('UnsupportedSystem', host.name, `its architecture is ${machine}`, {
    next: `Supported: ${Object.keys(names).join(', ')}.`,
  });
}
