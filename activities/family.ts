import type { HostFacts } from '../cluster/facts.ts';
import {
  type OperatingSystem,
  type OtherPython,
  familyOf,
  otherPython,
  supportedSystems,
} from '../cluster/operating-systems.ts';
import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';

/** The table's entry for the system that the host runs now. Throws `UnsupportedSystem`. */
export async function familyOn(host: Host, signal: AbortSignal): Promise<OperatingSystem> {
  return (await systemOn(host, signal)).family;
}

/** The same, with what this version of it has beside its python3. */
export async function systemOn(
  host: Host,
  signal: AbortSignal,
): Promise<{ family: OperatingSystem; python: OtherPython | undefined }> {
  const os = parseOsRelease((await host.run(sh`cat /etc/os-release`, { signal })).stdout);
  const family = familyOf(os);
  if (family) return { family, python: otherPython(family, os) };
  throw new HostError(
    'UnsupportedSystem',
    host.name,
    `${os.prettyName || os.id || 'an unknown system'} is not supported`,
    {
      next: `Supported: ${supportedSystems()}.`,
    },
  );
}

/** os-release(5): KEY=value lines, values optionally quoted. */
export function parseOsRelease(text: string): HostFacts['os'] {
  const value = (key: string): string => new RegExp(`^${key}=(["']?)(.*)\\1\\s*$`, 'm').exec(text)?.[2] ?? '';
  return {
    id: value('ID'),
    versionId: value('VERSION_ID'),
    idLike: value('ID_LIKE')
      .split(' ')
      .filter((word) => word !== ''),
    prettyName: value('PRETTY_NAME'),
  };
}
