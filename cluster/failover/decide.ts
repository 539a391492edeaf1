import { ailments as ailmentsOf } from './ailments.ts';
import type { Decide, Decision, Judgement, Memory, Situation } from './decision.ts';
import { attempted, judgeHealing } from './heal.ts';
import { type Condition, hold, left } from './holds.ts';
import { cutOffFor, lookIn, promotionFirst } from './limits.ts';
import { type Loss, candidateLosses, losses as lossesOf } from './loss.ts';
import type { Observation } from './picture.ts';
import { judgePromotion } from './promote.ts';
import { isInOrder, missed, settled } from './remember.ts';
import { sceneOf } from './scene.ts';
import { lingers, tellDegraded, tellWait } from './told.ts';
import { noApi, reasonsToWait, waitFor, waitForHealing } from './waits.ts';
import { words as wordsOf } from './words.ts';

/**
 * What is to be done for the control plane, from what was seen and what is remembered. One decision a call, the most
 * urgent: promote, heal, wait for a person, nothing. The rules are those of `promote.ts`, `heal.ts` and `waits.ts`.
 */
export const decide: Decide = (memory, seen, situation) =>
  seen && isInOrder(seen) ? judge(settled(memory, seen), seen, situation) : missed(memory, situation);

function judge(memory: Memory, seen: Observation, situation: Situation): Judgement {
  const now = seen.until;
  const scene = sceneOf(seen, situation);
  const losses = lossesOf(scene);
  const ofCandidate = candidateLosses(scene);
  const ailments = ailmentsOf(scene);
  const reasons = reasonsToWait(scene);
  const atLast = noApi(scene);
  const words = wordsOf(scene);
  const holds = hold(memory, seen, [...losses, ...ofCandidate, ...ailments, ...reasons, atLast, ...words]);

  const promotion = judgePromotion(scene, { ...memory, holds }, losses, ofCandidate);
  const healing = judgeHealing(scene, { ...memory, holds }, ailments);
  const isClose = promotion.inMs > 0 && promotion.inMs <= promotionFirst;
  const decision: Decision = acts(promotion.decision) ??
    (isClose ? undefined : healing.heal) ??
    promotion.decision ??
    waitFor(scene, holds, reasons) ??
    waitForHealing(scene, healing.exhausted) ??
    waitFor(scene, holds, [atLast]) ?? { do: 'nothing' };

  const asked = tellWait(decision, now, memory.told?.wait);
  const waitingFor = decision.do === 'wait' ? decision : asked?.wait;
  const degraded = tellDegraded(holds, now, memory.told?.degraded ?? {}, words);
  const told = { degraded, ...(asked && { wait: asked }) };
  const heals = decision.do === 'heal' ? attempted(memory.heals, decision, now) : memory.heals;
  const next = judgeHealing(scene, { ...memory, holds, heals }, ailments);
  const againInMs = Math.min(
    promotion.againInMs,
    next.againInMs,
    next.heal && !isClose && decision.do !== 'promote' ? 0 : Infinity,
    // A heal does not keep a person from being called.
    decision.do === 'heal' ? 0 : Infinity,
    [...losses, ...ofCandidate, ...ailments, ...losses.map(awaited)].some((one) =>
      isCounting(left(holds, now, one)),
    )
      ? lookIn
      : Infinity,
    ...[...reasons, atLast, ...words].map((one) => left(holds, now, one)).filter(isCounting),
    ...Object.values(situation.leaveAlone)
      .filter((until) => until > seen.since)
      .map((until) => until - now),
    lingers(told, now),
  );
  return {
    memory: {
      ...memory,
      until: now,
      holds,
      heals,
      ...(decision.do === 'look-at-candidates' && { looked: now }),
      told,
    },
    decision: decision.do === 'nothing' && waitingFor ? waitingFor : decision,
    ...(waitingFor && { waitingFor }),
    ...(promotion.isLosing && { isLosing: true }),
    degraded: Object.values(degraded).map(({ words }) => words),
    ...(againInMs < Infinity && { againInMs: Math.max(1, Math.ceil(againInMs)) }),
  };
}

/** Its silence must not be forgotten until its lease can have expired; if that is renewed all the same, it is cut off. */
function awaited(loss: Loss): Omit<Condition, 'is'> {
  return { ...loss, after: loss.isLost ? loss.after : loss.after + cutOffFor };
}

function acts(decision: Decision | undefined): Decision | undefined {
  return decision?.do === 'wait' ? undefined : decision;
}

function isCounting(inMs: number): boolean {
  return inMs > 0 && inMs < Infinity;
}
