import type { HostFacts } from './facts.ts';
import { debian } from './operating-systems/debian.ts';
import type { OperatingSystem, OtherPython } from './operating-systems/operating-system.ts';
import { rhel } from './operating-systems/rhel.ts';
import { suse } from './operating-systems/suse.ts';

export type { OperatingSystem, OtherPython, Purpose } from './operating-systems/operating-system.ts';

/** A new family is one entry here. */
export const operatingSystems: readonly OperatingSystem[] = [debian, rhel, suse];

type Os = HostFacts['os'];

/** The entry for a host's system: by `ID`, else by `ID_LIKE`. Undefined: not supported. */
export function familyOf({ id, idLike }: Os): OperatingSystem | undefined {
  return (
    operatingSystems.find(({ systems }) => Object.hasOwn(systems, id)) ??
    operatingSystems.find(({ like }) => like.some((name) => idLike.includes(name)))
  );
}

/** Why a host's system will not do; undefined where it will. Derivatives are taken at their word (`ID_LIKE`). */
export function whyUnsupported(os: Os): string | undefined {
  const family = familyOf(os);
  const name = os.prettyName === '' ? os.id : os.prettyName;
  if (!family) return `${name} is not supported; supported: ${supportedSystems()}`;
  const oldest = Object.hasOwn(family.systems, os.id) ? family.systems[os.id] : undefined;
  if (oldest === undefined || compareVersions(os.versionId, oldest) >= 0) return undefined;
  return `${name} is too old; wanted: ${os.id} ${oldest} or newer`;
}

/** "debian 12, ubuntu 22.04": for people. */
export function supportedSystems(): string {
  return operatingSystems
    .flatMap(({ systems }) => Object.entries(systems))
    .map(([id, oldest]) => `${id} ${oldest}`)
    .join(', ');
}

/** The Python that this version of the system has beside its python3. */
export function otherPython({ pythons }: OperatingSystem, { versionId }: Os): OtherPython | undefined {
  const key = [versionId, versionId.replace(/\..*/, '')].find((one) => Object.hasOwn(pythons, one));
  return key === undefined ? undefined : pythons[key];
}

/** Numbers between dots, left to right; what is no number counts as newest, as in Debian's "trixie/sid" without a version. */
function compareVersions(one: string, other: string): number {
  const [first, second] = [one, other].map((version) => version.split('.').map(Number)) as [
    number[],
    number[],
  ];
  for (const [index, wanted] of second.entries()) {
    const have = first[index] ?? 0;
    if (one === '' || Number.isNaN(have)) return 1;
    if (have !== wanted) return have - wanted;
  }
  return 0;
}
