import {
  CancellationScope,
  getExternalWorkflowHandle,
  patched,
  sleep,
  startChild,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle, SignalDefinition } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ChangeState } from '../../activities/change-state.ts';
import type { OpenPromotion, Promotion } from '../../cluster/failover/promotion-request.ts';
import { promotionPlan } from '../../cluster/promotion-plan.ts';
import * as contract from '../contract.ts';
import { countPromotion } from '../metrics.ts';
import type { promote } from '../promote.ts';
import type { ChangeCheck } from './change-check.ts';
import { promotes, waits, whyFailed, whyTold, whyUnfinished } from './promotion-words.ts';
import type { FailoverRecord } from './record.ts';

/** A change that makes room has ended within seconds: its hosts' workflows end first. */
const tries = 10;
/** Nothing is watched meanwhile, and what was confirmed must still be so. */
const fewTries = 4;
/** ms between two questions whether a step of the promotion waits for a person. */
const firstCheck = 15_000;
const soon = 5000;
const longestCheck = 600_000;
const longestOnce = 3_600_000;

/** Starts promotions as children under the change id, and keeps the record of how they end. One at a time. */
export class Promoting {
  readonly #record: FailoverRecord;
  readonly #changes: ChangeCheck;
  readonly #ended: () => void;
  /** Absent for one that an earlier run began: its end comes as a signal. */
  #child: ChildWorkflowHandle<typeof promote> | undefined;
  /** Signals to it that are on their way. */
  #sending = 0;
  /** It has told its end. */
  #isOver = false;
  /** Why the open one is given up. */
  #givenUp: string | undefined;
  #checkedAt = 0;
  /** Of one that an earlier run began; one that begins sets its own. */
  #pause = soon;

  constructor(record: FailoverRecord, changes: ChangeCheck, ended: () => void) {
    this.#record = record;
    this.#changes = changes;
    this.#ended = ended;
  }

  /** Ends when the child has started, or when another change holds the id. */
  async start(promotion: Promotion): Promise<void> {
    const record = this.#record;
    if (record.change.state === 'parked') await this.#makeRoom();
    for (let i = 1; ; i += 1) {
      try {
        this.#child = await this.#startChild(promotion);
        break;
      } catch (failure) {
        if (!(failure instanceof WorkflowExecutionAlreadyStartedError)) throw failure;
        if (record.change.state !== 'parked') return this.#changes.isRunning();
        if (i === (record.rules < 6 ? tries : fewTries)) return this.#changes.refuses();
        await sleep('1 s', { summary: 'the change that waited makes room' });
      }
    }
    const open = { ...promotion, runId: this.#child.firstExecutionRunId };
    record.promotion = open;
    this.#givenUp = undefined;
    this.#isOver = false;
    record.decision = promotes(promotion);
    record.wait = undefined;
    this.#checkedAt = Date.now();
    this.#pause = firstCheck;
    record.request = undefined;
    record.approval = undefined;
    record.stopped = undefined;
    const { candidate, reason, by } = promotion;
    record.event(`the promotion of ${candidate} begins (${by}): ${reason}`);
    // Its end is heard beside the watching, which goes on.
    void this.#follow(this.#child, open);
  }

  /** Whether a step of it waits for a person; asked ever less often, for days if need be. */
  async check(): Promise<void> {
    if (this.#record.promotion && this.checkInMs === 0) await this.look();
  }

  /** The same, asked now. */
  async look(): Promise<ChangeState['state']> {
    const record = this.#record;
    const { promotion, waitsInPromotion, rules, cluster } = record;
    const found = await this.#changes.ask();
    this.#checkedAt = Date.now();
    // It may have ended meanwhile, and no answer says nothing.
    if (!promotion || record.promotion !== promotion) return found;
    const isKnown = !(record.change.unknown && rules >= 6);
    const isNews = isKnown && rules >= 6 && (found === 'parked') !== waitsInPromotion;
    this.#pause = isNews ? firstCheck : Math.min(this.#pause * 2, rules >= 6 ? longestCheck : longestOnce);
    if (!isKnown) return found;
    record.wait = found === 'parked' ? waits(cluster, promotion) : undefined;
    if (this.#child || !this.#changes.isGone(promotion.runId)) return found;
    const isDone = record.promoted.includes(promotion.candidate);
    this.#end(promotion, isDone ? undefined : 'its end was not told: was it terminated?');
    return found;
  }

  /** Its end is told without its handle as well, and what began it is in the record. */
  get mayBeCarried(): boolean {
    const { rules, waitsInPromotion } = this.#record;
    const isQuiet = this.#givenUp === undefined && !this.#isOver && this.#sending === 0;
    return rules >= 6 && waitsInPromotion && isQuiet;
  }

  heard({ runId, state }: contract.ChangeEndedInput): void {
    const { promotion, cluster } = this.#record;
    if (!promotion || promotion.runId !== runId) return;
    this.#isOver = true;
    if (!this.#child) this.#end(promotion, state === 'done' ? undefined : whyTold(cluster, state));
  }

  /** ms until it is worth asking; only while a promotion is open. */
  get checkInMs(): number {
    return Math.max(0, this.#checkedAt + this.#pause - Date.now());
  }

  /** Ends it where it stands: on a host that is off nothing of it can be undone, and its return is awaited by nobody. */
  giveUp(why: string): void {
    if (this.#givenUp !== undefined) return;
    this.#givenUp = why;
    const reason = `given up by failover: ${why}`;
    this.#send(contract.abortSignal, { reason });
    // One that was terminated neither hears it nor tells its end.
    if (this.#record.rules < 6) return;
    this.#checkedAt = Date.now();
    this.#pause = soon;
  }

  retry(selector: contract.Selector): void {
    this.#pause = firstCheck;
    this.#checkedAt = Date.now();
    this.#send(contract.retrySignal, selector);
  }

  /** A run that is over sends nothing any more. */
  #send<Args extends [unknown?]>(signal: SignalDefinition<Args>, ...args: Args): void {
    const sent = this.#open?.signal(signal, ...args);
    if (!sent) return;
    this.#sending += 1;
    void sent.catch(ignored).finally(() => (this.#sending -= 1));
  }

  get #open(): Pick<ChildWorkflowHandle<typeof promote>, 'signal'> | undefined {
    const { promotion, cluster } = this.#record;
    return (
      this.#child ?? (promotion && getExternalWorkflowHandle(contract.changeId(cluster), promotion.runId))
    );
  }

  /** The id is free once the change has ended; one that began to work again refuses, and keeps it. */
  async #makeRoom(): Promise<void> {
    const { runId = '', workflowType, refusals } = this.#record.change;
    if (refusals === undefined)
      this.#record.event(`the change ${workflowType} waits for a person: it is asked to make room`);
    await getExternalWorkflowHandle(contract.changeId(this.#record.cluster), runId)
      .signal(contract.yieldSignal, { runId })
      .catch(ignored);
  }

  #startChild(promotion: Promotion): Promise<ChildWorkflowHandle<typeof promote>> {
    const { spec, cluster } = this.#record;
    return startChild<typeof promote>('promote', {
      workflowId: contract.changeId(cluster),
      args: [{ spec, plan: promotionPlan(spec, promotion), promotion }],
      // What it began it finishes, whatever becomes of us.
      parentClosePolicy: 'ABANDON',
      cancellationType: 'ABANDON',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `promote ${promotion.candidate}: ${promotion.reason}`.slice(0, 200),
      typedSearchAttributes: [
        { key: contract.clusterAttribute, value: cluster },
        { key: contract.stateAttribute, value: 'running' },
      ],
    });
  }

  async #follow(child: ChildWorkflowHandle<typeof promote>, promotion: OpenPromotion): Promise<void> {
    let why: string | undefined;
    try {
      const status = await child.result();
      if (status.state !== 'done') why = whyUnfinished(status);
    } catch (failure) {
      if (CancellationScope.current().consideredCancelled) return;
      why = whyFailed(failure);
    }
    this.#end(promotion, why);
  }

  /** `why`: why it ended before its last step. */
  #end(promotion: Promotion, why: string | undefined): void {
    const record = this.#record;
    if (why === undefined) record.promotedNow(promotion);
    else this.#stopped(promotion, why);
    const outcome = why === undefined ? 'done' : this.#givenUp === undefined ? 'failed' : 'given-up';
    countPromotion(record.cluster, outcome);
    record.promotion = undefined;
    record.decision = { do: 'nothing' };
    record.wait = undefined;
    this.#child = undefined;
    // Where a candidate died of what the masters died of, the next one is needed now: as many times as there are candidates.
    record.cooldownDue = this.#givenUp === undefined || !patched('no-cooldown-once-given-up');
    record.changed();
    this.#ended();
  }

  #stopped(promotion: Promotion, why: string): void {
    if (this.#givenUp !== undefined) return this.#record.gaveUp(promotion, this.#givenUp);
    const { candidate } = promotion;
    this.#record.unfinished = candidate;
    this.#record.stopped = `the promotion of ${candidate} ended before its last step: ${why}`;
    this.#record.event(this.#record.stopped);
  }
}

const ignored = (): undefined => undefined;
