import { type Choice, chooseCandidate } from './choose-candidate.ts';
import type { Decision, Memory } from './decision.ts';
import { left } from './holds.ts';
import { lookAgain, lookTakes } from './limits.ts';
import type { Loss } from './loss.ts';
import { changeRuns, contradiction, cools, halfPromoted, needsApproval } from './obstacles.ts';
import type { Scene } from './scene.ts';

export interface PromotionJudgement {
  readonly decision?: Decision;
  /** ms until the loss is confirmed; Infinity where enough nodes are left. */
  readonly inMs: number;
  /** Too few are left if those that seem lost are. */
  readonly isLosing: boolean;
  /** ms until it is worth judging again though nothing changes. */
  readonly againInMs: number;
}

type Known = Pick<Memory, 'holds' | 'promotionEnded' | 'looked' | 'told'>;

/** Whether a worker node is to be promoted: the one decision that must never be made in error. */
export function judgePromotion(
  scene: Scene,
  memory: Known,
  losses: readonly Loss[],
  ofCandidate: readonly Loss[],
): PromotionJudgement {
  const lost = losses.filter(({ isLost }) => isLost);
  const inMs = confirmedIn(scene, memory.holds, lost);
  const isLosing = confirmedIn(scene, memory.holds, losses) < Infinity;
  if (!isLosing) return { inMs, isLosing, againInMs: Infinity };
  const choice = chooseCandidate(scene);
  // While the loss is being confirmed, and leases expire, there is time for it.
  if (choice.isWorthALook && !scene.situation.paused && lookedAgo(scene, memory) >= lookAgain)
    return {
      decision: { do: 'look-at-candidates', why: 'a promotion may be needed' },
      inMs,
      isLosing,
      againInMs: inMs,
    };
  if (inMs === Infinity) return { inMs, isLosing, againInMs: Infinity };
  if (inMs > 0) return { inMs, isLosing, againInMs: inMs };
  const mayGiveUp = choice.ready !== undefined && !scene.situation.paused;
  const givesUp = mayGiveUp ? givenUp(scene, memory, ofCandidate) : undefined;
  return { inMs, isLosing, ...(givesUp ?? confirmed(scene, memory, lost, choice)) };
}

function confirmed(
  scene: Scene,
  memory: Known,
  losses: readonly Loss[],
  choice: Choice,
): Omit<PromotionJudgement, 'inMs' | 'isLosing'> {
  const lost = losses.filter((loss) => left(memory.holds, scene.now, loss) === 0).map(({ host }) => host);
  const why = `${lost.join(', ')}: SSH and API are silent to a majority of ${scene.sight.points} vantage points, and no lease is left in etcd`;
  const loss = { lost, why };
  const half = halfPromoted(scene);
  const hindered = contradiction(scene, loss, half) ?? changeRuns(scene, loss);
  if (hindered) return hindered;
  const candidate = half?.name ?? choice.ready;
  if (candidate === undefined) return withoutCandidate(scene, memory, choice);
  return (
    cools(scene, loss, memory) ??
    needsApproval(scene, loss, candidate) ?? {
      decision: { do: 'promote', candidate, lost, why },
      againInMs: Infinity,
    }
  );
}

/** It took the power cut that the masters had, only later: what is left of its promotion would wait for it for ever. */
function givenUp(
  { now }: Scene,
  { holds }: Known,
  ofCandidate: readonly Loss[],
): Omit<PromotionJudgement, 'inMs' | 'isLosing'> | undefined {
  const lost = ofCandidate.find((loss) => loss.isLost && left(holds, now, loss) === 0);
  if (!lost) return undefined;
  const why = 'SSH and API of it are silent, it holds no lease in etcd, and another can be promoted';
  return { decision: { do: 'give-up', candidate: lost.host, why }, againInMs: Infinity };
}

/** Nobody is called before the first look at the candidates has had its time. */
function withoutCandidate(
  scene: Scene,
  memory: Known,
  { wait, isWorthALook }: Choice,
): Omit<PromotionJudgement, 'inMs' | 'isLosing'> {
  if (!isWorthALook || scene.situation.paused) return { decision: wait, againInMs: Infinity };
  const ago = lookedAgo(scene, memory);
  return ago < lookTakes && !memory.told?.wait
    ? { againInMs: lookTakes - ago }
    : { decision: wait, againInMs: lookAgain - ago };
}

/** When so many losses are confirmed that too few nodes are left. A node that is not confirmed lost counts as serving. */
function confirmedIn({ situation, now }: Scene, holds: Memory['holds'], losses: readonly Loss[]): number {
  const needed = Math.max(1, situation.controlPlane.length - situation.policy.promoteBelow + 1);
  const times = losses.map((loss) => left(holds, now, loss)).toSorted((a, b) => a - b);
  return times[needed - 1] ?? Infinity;
}

function lookedAgo({ now }: Scene, { looked = -Infinity }: Known): number {
  return now - looked;
}
