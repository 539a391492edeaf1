import { alarmWords, alarmsOf } from './alarms.ts';
import { chooseCandidate, readinessOf } from './choose-candidate.ts';
import type { Situation } from './decision.ts';
import { isLost } from './loss.ts';
import type { Observation } from './picture.ts';
import { sceneOf } from './scene.ts';
import type { Scene } from './scene.ts';
import { isBlind } from './sight.ts';

/** A promotion that a person asks for. */
export interface Asked {
  readonly candidate?: string;
}

export type Verdict =
  | { readonly do: 'promote'; readonly candidate: string; readonly lost: readonly string[] }
  /** Whether a candidate could be promoted is not known, or a while ago it could not. */
  | { readonly do: 'look-at-candidates' }
  | { readonly do: 'refuse'; readonly why: string };

/** ms. What a person has just mended is looked at again before it is refused. */
const stale = 30_000;

/**
 * A person's word stands for the confirmation, the mode, the cooldown and for how many masters must be lost. What
 * makes a promotion safe is asked for all the same: etcd's quorum, a candidate that lives, a backup that fits it.
 */
export function judgeAsked(
  { candidate }: Asked,
  seen: Observation | undefined,
  situation: Situation,
  lookedAgoMs: number,
): Verdict {
  const { change, cluster } = situation;
  const free = situation.candidates.filter(({ name }) => candidate === undefined || name === candidate);
  if (free.length === 0) return refuse(whyNoCandidate(candidate, situation));
  if (change === 'running')
    return refuse(
      `a change runs: wait for its end (holdfast watch ${cluster}), or holdfast abort ${cluster}`,
    );
  if (!seen) return refuse('nothing is seen of the cluster now');
  const scene = sceneOf(seen, { ...situation, candidates: free });
  if (isBlind(scene.sight)) return refuse('too few vantage points are heard to judge anything');
  if (alarmsOf(scene).length > 0) return refuse(`${alarmWords(scene)}: a promoted node could not serve`);
  if (scene.healthyMembers.length === 0)
    return refuse(`etcd has no quorum, or none of its members is heard: holdfast restore ${cluster}`);
  const { ready, wait, isWorthALook } = chooseCandidate(scene);
  if (ready !== undefined) return { do: 'promote', candidate: ready, lost: lostOnes(scene) };
  const looked = free.every((host) => readinessOf(situation.readiness, host));
  return isWorthALook && !(looked && lookedAgoMs < stale) ? { do: 'look-at-candidates' } : refuse(wait.why);
}

function lostOnes(scene: Scene): readonly string[] {
  return scene.situation.controlPlane.filter((host) => isLost(scene, host)).map(({ name }) => name);
}

function whyNoCandidate(named: string | undefined, { candidates, controlPlane }: Situation): string {
  const names = candidates.map(({ name }) => name).join(', ');
  if (named === undefined)
    return 'no worker node is left that may be promoted (without a load balancer none may)';
  if (controlPlane.some(({ name }) => name === named)) return `${named} is a control-plane node already`;
  return `${named} is no candidate of failover.candidates in the spec: ${names || 'none is left'}`;
}

const refuse = (why: string): Verdict => ({ do: 'refuse', why });
