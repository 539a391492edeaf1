import type { Memory, NamedHost, Wait, WaitReason } from './decision.ts';
import { cooldown } from './limits.ts';
import type { Scene } from './scene.ts';
import { apiIsReady } from './sight.ts';

export interface Obstacle {
  readonly decision?: Wait;
  /** ms until it may be gone though nothing changes. */
  readonly againInMs: number;
}

/** A loss that is confirmed: of whom, and in words how it is known. */
export interface Confirmed {
  readonly lost: readonly string[];
  readonly why: string;
}

/**
 * A candidate whose API server serves already: a promotion of it has ended before its last step. All of them do, so what
 * is left is finished there, and nowhere else.
 */
export function halfPromoted({ situation, sight, leases }: Scene): NamedHost | undefined {
  return situation.candidates.find(
    ({ name, address }) => leases?.has(address) === true && apiIsReady(sight, name),
  );
}

/** Someone serves whom the picture calls lost or does not know: what is seen is not to be trusted. `half`: is known to. */
export function contradiction(
  scene: Scene,
  confirmed: Confirmed,
  half: NamedHost | undefined,
): Obstacle | undefined {
  const serving = whoServes(scene, confirmed, half);
  return serving === undefined
    ? undefined
    : waits(scene, confirmed, 'blind', `What is seen contradicts itself, so nothing is promoted: ${serving}`);
}

export function changeRuns(scene: Scene, confirmed: Confirmed): Obstacle | undefined {
  const { cluster, change, promoting } = scene.situation;
  const refuses = change === 'refuses' && !promoting;
  if (change !== 'running' && !refuses && !promoting) return undefined;
  const which = refuses ? 'a change that waits for a person and makes no room' : 'the change that runs';
  return waits(scene, confirmed, 'change-running', `A promotion waits for ${which}`, [
    `holdfast watch ${cluster}`,
    `holdfast abort ${cluster} --reason "the masters are lost"`,
  ]);
}

export function cools(
  scene: Scene,
  confirmed: Confirmed,
  { promotionEnded = -Infinity }: Pick<Memory, 'promotionEnded'>,
): Obstacle | undefined {
  const inMs = promotionEnded + cooldown - scene.now;
  if (inMs <= 0) return undefined;
  const why = `The last promotion ended less than ${cooldown / 1000} s ago`;
  return { ...waits(scene, confirmed, 'cooldown', why), againInMs: inMs };
}

export function needsApproval(scene: Scene, confirmed: Confirmed, candidate: string): Obstacle | undefined {
  const { cluster, policy, approved } = scene.situation;
  if (policy.mode === 'automatic' || approved) return undefined;
  const why = `${candidate} would be promoted, and failover.mode is manual`;
  return waits(scene, confirmed, 'approval', why, [
    `holdfast approve ${cluster} --reason "the masters are lost"`,
  ]);
}

function waits(
  { situation }: Scene,
  { why }: Confirmed,
  reason: WaitReason,
  because: string,
  help: readonly string[] = [`holdfast status ${situation.cluster}`],
): Obstacle {
  return { decision: { do: 'wait', reason, why: `${because} (${why})`, help }, againInMs: Infinity };
}

/**
 * An address in the spec may be another than the one an API server advertises, and someone may serve whom a person gave
 * up: so more leases than nodes that are left are a sign of life, whosever they are.
 */
function whoServes(
  { situation, sight, leases }: Scene,
  { lost }: Confirmed,
  half: NamedHost | undefined,
): string | undefined {
  const living = situation.controlPlane.length - lost.length;
  const held = [...(leases ?? [])].filter((address) => address !== half?.address).toSorted();
  if (held.length > living) return `etcd holds leases of API servers at ${held.join(', ')}`;
  if (living > 0) return undefined;
  for (const { api, addresses } of sight.heard) {
    const host = Object.keys(api).find((name) => api[name] === 'ready' && name !== half?.name);
    if (host !== undefined) return `the API server of ${host} is ready`;
    if (half === undefined && Object.values(addresses).includes('ready'))
      return 'an API server answers at a virtual address';
  }
  return undefined;
}
