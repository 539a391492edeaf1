import { patched, workflowInfo } from '@temporalio/workflow';
import { judgeAsked } from '../../cluster/failover/asked.ts';
import type { Decision, Judgement, Memory } from '../../cluster/failover/decision.ts';
import type { Observation } from '../../cluster/failover/picture.ts';
import type { Promotion } from '../../cluster/failover/promotion-request.ts';
import { openCandidates } from '../../cluster/failover/situation.ts';
import { watchInput } from '../../cluster/failover/watch-input.ts';
import type { ChangeEndedInput, FailoverRequest, Selector } from '../contract.ts';
import { Candidates } from './candidates.ts';
import { ChangeCheck } from './change-check.ts';
import { Healing } from './healing.ts';
import { Judging } from './judging.ts';
import { Promoting } from './promoting.ts';
import type { FailoverRecord } from './record.ts';
import { lineOf } from './state.ts';
import { returnIn } from './return-in.ts';
import { Watcher } from './watcher.ts';

/**
 * Events after which a run continues as new. A worker that has just started, or was too late with a task, replays all of
 * them before it decides anything, and Temporal gives it 10 s: on a starved machine 2000 events took longer, again and again.
 */
const longestHistory = 400;

/** ms between two questions whether a demotion is open still. */
const demotionChecked = 600_000;

/** Watches, decides and acts, for as long as the run lasts. What it knows is in the record; what runs for it is here. */
export class Keeper {
  readonly #record: FailoverRecord;
  readonly #watcher = new Watcher();
  readonly #changes: ChangeCheck;
  readonly #candidates: Candidates;
  readonly #healing: Healing;
  readonly #promoting: Promoting;
  readonly #judging: Judging;
  /** A loss is being confirmed: no moment to begin anew. */
  #losing = false;

  constructor(record: FailoverRecord) {
    const lookNow = (): void => this.lookNow();
    this.#record = record;
    this.#changes = new ChangeCheck(record);
    this.#candidates = new Candidates(record, lookNow);
    this.#healing = new Healing(record, lookNow);
    this.#promoting = new Promoting(record, this.#changes, lookNow);
    this.#judging = new Judging(record, this.#changes, this.#promoting, this.#healing);
  }

  lookNow(): void {
    this.#watcher.lookNow();
  }

  retryChild(selector: Selector): void {
    this.#promoting.retry(selector);
  }

  changeEnded(ended: ChangeEndedInput): void {
    this.#promoting.heard(ended);
  }

  /** Ends when it is time to continue as new; throws when it is cancelled. */
  async keep(): Promise<void> {
    let returnInMs = 0;
    while (!this.#mayContinueAsNew()) {
      if (this.#candidates.dueInMs === 0) this.#candidates.look('in good time', false);
      if (patched('rules-2')) this.#record.rules = 2;
      if (patched('rules-3')) this.#record.rules = 3;
      if (patched('rules-4')) this.#record.rules = 4;
      if (patched('rules-5')) this.#record.rules = 5;
      if (patched('rules-6')) this.#record.rules = 6;
      if (patched('rules-7')) this.#record.rules = 7;
      if (patched('rules-8')) this.#record.rules = 8;
      if (this.#record.demoting && this.#record.rules >= 6) await this.#checkDemotion();
      const looked = await this.#watcher.look({ ...this.#whatToWatch(), returnInMs });
      if (looked === 'interrupted') continue;
      const seen = 'seen' in looked ? looked.seen : undefined;
      if (seen) this.#record.see(seen);
      const { promotion } = this.#record;
      const judgement = await this.#judging.judge(seen);
      // It ended while this was judged: of a control plane that is another one now. The end has asked for a new look.
      if (this.#record.promotion !== promotion && patched('judges-anew')) continue;
      await this.#follow(judgement, seen);
      this.#losing = judgement.isLosing ?? false;
      if (this.#mayLookOnceMore(judgement)) this.#candidates.lookOnceMore();
      this.#record.changed();
      returnInMs = this.#returnIn(judgement);
      if (!seen) await this.#watcher.pause();
    }
  }

  /** One that was terminated never tells its end, and its host would not be healed for ever. */
  async #checkDemotion(): Promise<void> {
    const record = this.#record;
    const { demoting, change } = record;
    if (Date.now() - change.askedAt >= demotionChecked) await this.#changes.ask();
    if (!demoting || record.demoting !== demoting || !this.#changes.isGone(demoting.runId)) return;
    record.demoting = undefined;
    record.event(`the demotion of ${demoting.host} is over, and its end was not told: was it terminated?`);
  }

  #mayLookOnceMore({ isLosing = false }: Judgement): boolean {
    const { promotion, paused } = this.#record;
    return isLosing && !promotion && !paused && patched('looks-once-more');
  }

  /** Never while something of it runs, whose end would be lost; that of a promotion that waits is told by itself. */
  #mayContinueAsNew(): boolean {
    const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged, historyLength } = workflowInfo();
    const isCarried = !this.#record.promotion || this.#promoting.mayBeCarried;
    if (!isCarried || !this.#candidates.idle || !this.#healing.idle) return false;
    if (continueAsNewSuggested || targetWorkerDeploymentVersionChanged) return true;
    // What waits for a person or for a change may do so for days.
    const waits = this.#record.rules >= 6 && (this.#record.promotion !== undefined || this.#judging.heldBack);
    return historyLength >= longestHistory && (!this.#losing || waits) && patched('short-runs');
  }

  #whatToWatch() {
    const { spec, joining, seen } = this.#record;
    const controlPlane = [...this.#record.controlPlane, ...joining];
    const candidates = openCandidates(spec, this.#record).map(({ name }) => name);
    return {
      input: watchInput(spec, { controlPlane, candidates }),
      known: seen?.picture,
      summary: `watch: ${lineOf(this.#record)}`,
    };
  }

  /** One that has been decided is done, unless a person has a say in it. */
  async #follow(judgement: Judgement, seen: Observation | undefined): Promise<void> {
    const record = this.#record;
    const { heals } = record.memory;
    const { wait } = record;
    record.learn(judgement);
    if (record.promotion) {
      if (record.rules >= 6) this.#heal(judgement.decision, heals);
      return this.#goOn(judgement);
    }
    if (record.request) return this.#asAsked(record.request, seen);
    const { decision } = record;
    this.#heal(decision, heals);
    if (record.paused) return;
    if (decision.do === 'look-at-candidates') this.#candidates.look(decision.why, true);
    if (decision.do !== 'promote') return;
    const isTold = record.rules >= 6 && wait?.reason === 'change-running';
    if (isTold) record.wait = wait;
    await this.#promoting.start(this.#promotion(decision));
    if (record.promotion || record.rules < 6) return;
    this.#judging.heldBack = true;
    const { ifRefused } = this.#judging;
    if (record.change.refusals !== undefined && ifRefused) record.decision = record.wait = ifRefused;
  }

  /** An attempt that was not made does not count. */
  #heal(decision: Decision, heals: Memory['heals']): void {
    if (decision.do !== 'heal') return;
    const record = this.#record;
    if (record.paused || !this.#healing.start(decision)) record.memory = { ...record.memory, heals };
  }

  /** What was begun goes on, unless whom it is about is lost as well. */
  async #goOn({ decision }: Judgement): Promise<void> {
    const { rules, paused } = this.#record;
    if (decision.do === 'give-up') this.#promoting.giveUp(decision.why);
    if (decision.do === 'give-up' && rules < 6) return;
    // One that is fit by now is what it takes to give this one up.
    if (decision.do === 'look-at-candidates' && rules >= 5 && !paused)
      this.#candidates.look(decision.why, true);
    await this.#promoting.check();
  }

  /** Followed now or refused: a word that is stored would be acted on when it is no longer meant. */
  async #asAsked(request: FailoverRequest, seen: Observation | undefined): Promise<void> {
    const record = this.#record;
    if (record.paused) {
      record.request = undefined;
      return record.refuse('failover', `it is paused (${record.paused.reason})`);
    }
    const verdict = judgeAsked(request, seen, record.situation(record.change.state), record.lookedAgoMs);
    if (verdict.do === 'look-at-candidates')
      return this.#candidates.look('a person asks for a promotion', true);
    record.request = undefined;
    if (verdict.do === 'refuse') return record.refuse('failover', verdict.why);
    const { reason, by = 'a person' } = request;
    const { controlPlane } = record;
    const { candidate, lost } = verdict;
    await this.#promoting.start({ candidate, lost, controlPlane, reason, by });
    if (!record.promotion) record.refuse('failover', 'a change of the cluster runs');
  }

  #promotion({ candidate, lost, why }: Extract<Decision, { do: 'promote' }>): Promotion {
    const { controlPlane, approval } = this.#record;
    return {
      candidate,
      lost,
      controlPlane,
      reason: (approval ? `${approval.reason} (${why})` : why).slice(0, 900),
      by: approval?.by ?? 'failover',
    };
  }

  #returnIn(judgement: Judgement): number {
    return returnIn({
      judgement,
      record: this.#record,
      healing: !this.#healing.idle,
      heldBack: this.#judging.heldBack,
      candidatesInMs: this.#candidates.dueInMs,
      changeInMs: this.#changes.askAgainInMs,
      promotionInMs: this.#promoting.checkInMs,
    });
  }
}
