import type { Judgement } from '../../cluster/failover/decision.ts';
import type { FailoverRecord } from './record.ts';

const minute = 60_000;
/** A quiet cluster is looked at all the time; this is how often that is put down. */
const quiet = 60 * minute;

export interface WhatIsDue {
  readonly judgement: Judgement;
  readonly record: Pick<FailoverRecord, 'paused' | 'promotion' | 'wait' | 'pictureSince'>;
  readonly now: number;
  readonly healing: boolean;
  /** What was decided waits for the end of a change. */
  readonly heldBack: boolean;
  readonly candidatesInMs: number;
  readonly changeInMs: number;
  readonly promotionInMs: number;
}

/** For how long the next watch lasts although nothing changes, ms. */
export function returnIn({ judgement, record, now, healing, heldBack, ...due }: WhatIsDue): number {
  const { paused, promotion, wait, pictureSince = now } = record;
  let again = judgement.againInMs ?? quiet;
  // What is decided meanwhile would not be done.
  if (healing || promotion) again = Math.max(again, 5000);
  if (paused && now - pictureSince > minute) again = Math.max(again, 10 * minute);
  return Math.min(
    again,
    quiet,
    due.candidatesInMs || quiet,
    promotion ? due.promotionInMs : quiet,
    heldBack || wait?.reason === 'change-running' ? due.changeInMs : quiet,
  );
}
