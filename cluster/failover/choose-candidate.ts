import type { NamedHost, Readiness, ReadinessProblem, Situation, Wait, WaitReason } from './decision.ts';
import { type Scene, isWithinReach } from './scene.ts';

export interface Choice {
  /** The first candidate that can be promoted. */
  readonly ready?: string;
  /** Why a person must help, where there is none. */
  readonly wait: Wait;
  /** Whether a look at the candidates could find more. */
  readonly isWorthALook: boolean;
}

/** In the order in which they keep the others from mattering: a key that is not there fits no backup. */
const ofTheBackup: readonly (ReadinessProblem & WaitReason)[] = [
  'backup-key',
  'no-backup',
  'backup-mismatch',
];

export function chooseCandidate(scene: Scene): Choice {
  const { situation } = scene;
  const { cluster, controlPlane, candidates, readiness } = situation;
  const serves = new Set(controlPlane.map(({ name }) => name));
  const free = candidates.filter(({ name }) => !serves.has(name));
  const reachable = free.filter(({ name }) => isWithinReach(scene, name));
  const ready = reachable.find((host) => {
    const known = readinessOf(readiness, host);
    return known !== undefined && known.problem === undefined;
  });
  const problems = reachable.map((host) => readinessOf(readiness, host)?.problem);
  return {
    ...(ready && { ready: ready.name }),
    wait: {
      do: 'wait',
      reason: ofTheBackup.find((problem) => problems.includes(problem)) ?? 'no-candidate',
      why: `No candidate can be promoted: ${whyNone(free, reachable, readiness)}`,
      help: [`holdfast status ${cluster}`, `holdfast promote ${cluster} --reason "the masters are lost"`],
    },
    isWorthALook: ready === undefined && reachable.length > 0,
  };
}

function whyNone(
  free: readonly NamedHost[],
  reachable: readonly NamedHost[],
  readiness: Situation['readiness'],
): string {
  if (free.length === 0) return 'no worker node is left that may be (without a load balancer none may)';
  return free
    .map((host) => {
      if (!reachable.includes(host)) return `${host.name} does not answer over SSH`;
      const known = readinessOf(readiness, host);
      return `${host.name}: ${known?.why ?? known?.problem ?? 'not looked at'}`;
    })
    .join('; ');
}

/** A host may be called `constructor`. */
export function readinessOf(readiness: Situation['readiness'], { name }: NamedHost): Readiness | undefined {
  return Object.hasOwn(readiness, name) ? readiness[name] : undefined;
}
