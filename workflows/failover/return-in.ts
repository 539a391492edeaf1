import type { Judgement } from '../../cluster/failover/decision.ts';
import type { FailoverRecord } from './record.ts';

/** A quiet cluster is looked at all the time; this is how often that is put down. */
const quiet = 3_600_000;

export interface WhatIsDue {
  readonly judgement: Judgement;
  readonly record: Pick<FailoverRecord, 'promotion' | 'wait'>;
  readonly healing: boolean;
  /** What was decided waits for the end of a change. */
  readonly heldBack: boolean;
  readonly candidatesInMs: number;
  readonly changeInMs: number;
  readonly promotionInMs: number;
}

/** For how long the next watch lasts although nothing changes, ms. */
export function returnIn({ judgement, record, healing, heldBack, ...due }: WhatIsDue): number {
  const { promotion, wait } = record;
  let again = judgement.againInMs ?? quiet;
  // What is decided meanwhile would not be done.
  if (healing || promotion) again = Math.max(again, 5000);
  return Math.min(
    again,
    quiet,
    due.candidatesInMs || quiet,
    promotion ? due.promotionInMs : quiet,
    heldBack || wait?.reason === 'change-running' ? due.changeInMs : quiet,
  );
}
