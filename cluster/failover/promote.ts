import { chooseCandidate } from './choose-candidate.ts';
import type { Decision, Memory, Wait, WaitReason } from './decision.ts';
import { left } from './holds.ts';
import { cooldown, lookAgain } from './limits.ts';
import type { Loss } from './loss.ts';
import type { Scene } from './scene.ts';

export interface PromotionJudgement {
  readonly decision?: Decision;
  /** ms until it could be decided; Infinity where too many nodes live. 0: what it waits for is in `decision`. */
  readonly inMs: number;
  /** ms until it is worth judging again though nothing changes. */
  readonly againInMs: number;
}

/** Whether a worker node is to be promoted: the one decision that must never be made in error. */
export function judgePromotion(
  scene: Scene,
  memory: Pick<Memory, 'holds' | 'promotionEnded' | 'looked'>,
  losses: readonly Loss[],
): PromotionJudgement {
  const { now } = scene;
  const inMs = confirmedIn(scene, memory.holds, losses);
  if (inMs === Infinity) return { inMs, againInMs: Infinity };
  const lookedAgo = now - (memory.looked ?? -Infinity);
  const choice = chooseCandidate(scene);
  const look: Decision = { do: 'look-at-candidates', why: 'a worker node may have to be promoted' };
  // While the loss is being confirmed there is time for it.
  if ('none' in choice && lookedAgo >= lookAgain) return { decision: look, inMs, againInMs: inMs };
  if (inMs > 0) return { inMs, againInMs: inMs };
  const waits = (decision: Wait, againInMs = Infinity) => ({ decision, inMs, againInMs });

  const lost = losses.filter((loss) => left(memory.holds, now, loss) === 0).map(({ host }) => host);
  const why = `${lost.join(', ')}: SSH and API are silent to a majority of ${scene.sight.points} vantage points, and no lease is left in etcd`;
  const wait = (reason: WaitReason, because: string, ...help: string[]): Wait => ({
    do: 'wait',
    reason,
    why: `${because} (${why})`,
    help,
  });
  const { cluster, change, policy, approved } = scene.situation;
  const serving = whoServes(scene, lost);
  if (serving !== undefined)
    return waits(
      wait(
        'blind',
        `What is seen contradicts itself, so nothing is promoted: ${serving}`,
        `holdfast status ${cluster}`,
      ),
    );
  if (change === 'running')
    return waits(
      wait(
        'change-running',
        'A promotion waits for the change that runs',
        `holdfast watch ${cluster}`,
        `holdfast abort ${cluster} --reason "all masters lost"`,
      ),
    );
  if ('none' in choice) return waits(choice.none, lookAgain - lookedAgo);
  const cooling = (memory.promotionEnded ?? -Infinity) + cooldown - now;
  if (cooling > 0)
    return waits(
      wait(
        'cooldown',
        `The last promotion ended less than ${cooldown / 1000} s ago`,
        `holdfast status ${cluster}`,
      ),
      cooling,
    );
  const { candidate } = choice;
  if (policy.mode === 'manual' && !approved)
    return waits(
      wait(
        'approval',
        `${candidate} would be promoted; failover.mode is manual`,
        `holdfast approve ${cluster} --reason "the masters are gone"`,
      ),
    );
  return { decision: { do: 'promote', candidate, lost, why }, inMs, againInMs: Infinity };
}

/** When so many losses are confirmed that too few nodes are left. A node that is not confirmed lost counts as serving. */
function confirmedIn({ situation, now }: Scene, holds: Memory['holds'], losses: readonly Loss[]): number {
  const needed = Math.max(1, situation.controlPlane.length - situation.policy.promoteBelow + 1);
  const times = losses.map((loss) => left(holds, now, loss)).toSorted((a, b) => a - b);
  return times[needed - 1] ?? Infinity;
}

/** Someone serves whom the picture calls lost or does not know. */
function whoServes({ situation, sight, leases }: Scene, lost: readonly string[]): string | undefined {
  const living = situation.controlPlane.length - lost.length;
  const held = [...(leases ?? [])].toSorted();
  if (held.length > living) return `etcd holds leases of API servers at ${held.join(', ')}`;
  if (living > 0) return undefined;
  for (const { api, addresses } of sight.heard) {
    const host = Object.keys(api).find((name) => api[name] === 'ready');
    if (host !== undefined) return `the API server of ${host} is ready`;
    if (Object.values(addresses).includes('ready')) return 'an API server answers at a virtual address';
  }
  return undefined;
}
