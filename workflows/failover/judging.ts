import { decide } from '../../cluster/failover/decide.ts';
import type { Judgement, Situation, Wait } from '../../cluster/failover/decision.ts';
import type { Observation } from '../../cluster/failover/picture.ts';
import type { ChangeCheck } from './change-check.ts';
import type { Healing } from './healing.ts';
import type { Promoting } from './promoting.ts';
import type { FailoverRecord } from './record.ts';

/** Judges what is seen. Whether a change is open is asked only where something is to be done. */
export class Judging {
  /** Something is to be done, and a change keeps it from being done: its end is not always told. */
  heldBack = false;
  /** What a person is asked for where the change that waits makes no room for the promotion. */
  ifRefused: Wait | undefined;
  readonly #record: FailoverRecord;
  readonly #changes: ChangeCheck;
  readonly #promoting: Promoting;
  readonly #healing: Healing;

  constructor(record: FailoverRecord, changes: ChangeCheck, promoting: Promoting, healing: Healing) {
    this.#record = record;
    this.#changes = changes;
    this.#promoting = promoting;
    this.#healing = healing;
  }

  async judge(seen: Observation | undefined): Promise<Judgement> {
    const record = this.#record;
    this.heldBack = false;
    const judge = (change: Situation['change']) => decide(record.memory, seen, record.situation(change));
    if (record.promotion)
      return record.rules >= 6 && record.waitsInPromotion ? this.#besidePromotion(judge) : judge('running');
    const judgement = judge('none');
    const acts = !record.paused && ['promote', 'heal'].includes(judgement.decision.do);
    if (!acts && !record.request) return judgement;
    const change = await this.#changes.look();
    const isHeld = change === 'running' || (change === 'refuses' && judgement.decision.do === 'promote');
    this.heldBack = acts && isHeld;
    this.ifRefused = change === 'parked' ? judge('refuses').waitingFor : undefined;
    return judge(change);
  }

  /** While it waits for a person it keeps nothing from being healed; it may have begun to work again meanwhile. */
  async #besidePromotion(judge: (change: Situation['change']) => Judgement): Promise<Judgement> {
    const { paused } = this.#record;
    const judgement = judge('parked');
    const heals = judgement.decision.do === 'heal' && !paused && this.#healing.idle;
    return heals && (await this.#promoting.look()) !== 'parked' ? judge('running') : judgement;
  }
}
