import type { NamedHost, Readiness, ReadinessProblem, Wait, WaitReason } from './decision.ts';
import type { Scene } from './scene.ts';
import { greets } from './sight.ts';

/** The first candidate that can be promoted; else why none can. */
export type Choice = { readonly candidate: string } | { readonly none: Wait };

/** In the order in which they keep the others from mattering: a key that is not there fits no backup. */
const ofTheBackup: readonly (ReadinessProblem & WaitReason)[] = [
  'backup-key',
  'no-backup',
  'backup-mismatch',
];

export function chooseCandidate(scene: Scene): Choice {
  const { cluster, controlPlane, candidates, readiness } = scene.situation;
  const serves = new Set(controlPlane.map(({ name }) => name));
  const free = candidates.filter(({ name }) => !serves.has(name));
  const reachable = free.filter(({ name }) => greets(scene.sight, name));
  const ready = reachable.find((host) => {
    const known = readinessOf(readiness, host);
    return known !== undefined && known.problem === undefined;
  });
  if (ready) return { candidate: ready.name };
  const problems = reachable.map((host) => readinessOf(readiness, host)?.problem);
  return {
    none: {
      do: 'wait',
      reason: ofTheBackup.find((problem) => problems.includes(problem)) ?? 'no-candidate',
      why: whyNone(free, reachable, readiness),
      help: [`holdfast status ${cluster}`, `holdfast retry ${cluster}`],
    },
  };
}

function whyNone(
  free: readonly NamedHost[],
  reachable: readonly NamedHost[],
  readiness: Readonly<Record<string, Readiness>>,
): string {
  if (free.length === 0) return 'no worker node is left that may be promoted';
  return free
    .map((host) => {
      if (!reachable.includes(host)) return `${host.name} does not answer over SSH`;
      const { problem, why } = readinessOf(readiness, host) ?? { problem: 'not looked at' };
      return `${host.name}: ${why ?? problem}`;
    })
    .join('; ');
}

/** A host may be called `constructor`. */
function readinessOf(
  readiness: Readonly<Record<string, Readiness>>,
  { name }: NamedHost,
): Readiness | undefined {
  return Object.hasOwn(readiness, name) ? readiness[name] : undefined;
}
