import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ChildWorkflowHandle, SignalDefinition } from '@temporalio/workflow';
import type { HostFacts } from '../cluster/facts.ts';
import type { Board, Entry } from './board.ts';
import * as contract from './contract.ts';
import { gatherAgainSignal, proceedSignal } from './host-messages.ts';
import type { HostReport, PrepareHostInput, ReportedStep } from './host-messages.ts';
import { prepareHost } from './prepare-host.ts';
import { personsAnswer } from './run-steps.ts';
import { together } from './together.ts';

/** bringUp's view of one prepareHost child: its steps on the common board, its facts, and a way to tell it things. */
export class HostChild {
  readonly host: string;
  facts: HostFacts | undefined;
  gathered = 0;
  /** Raised whenever there is something new to judge. */
  looked = 0;
  /** Its workflow was started once, so the next ones may be. */
  begun = false;
  readonly #board: Board;
  readonly #input: PrepareHostInput;
  #starting: Promise<unknown> | undefined;
  #handle: ChildWorkflowHandle<typeof prepareHost> | undefined;
  #proceed = false;
  #sent = 0;
  #heard = 0;
  #idle = false;
  #refusedSeen = 0;

  constructor(board: Board, input: PrepareHostInput) {
    this.host = input.host;
    this.#board = board;
    this.#input = input;
  }

  /** Nothing of it runs, by its last word, and that word came after ours. */
  get quiet(): boolean {
    return this.#idle && this.#heard >= this.#sent;
  }

  /** Runs the child to its end. Where it ends by another hand, this host waits for a person like a failed step. */
  async run(): Promise<void> {
    for (;;) {
      try {
        const handle = await this.#start();
        if (this.#proceed) this.#tell(proceedSignal, {});
        const { steps } = await Promise.race([handle.result(), cancellation()]);
        return this.#ended(steps);
      } catch (failure) {
        if (isCancellation(failure) && CancellationScope.current().consideredCancelled) throw failure;
        this.#handle = undefined;
        this.#idle = true;
        if ((await this.#ask(failure)) === 'skip') return;
      }
    }
  }

  proceed(): void {
    this.#proceed = true;
    this.#tell(proceedSignal, {});
  }

  gatherAgain(): void {
    this.#tell(gatherAgainSignal, {});
  }

  hear(report: HostReport): void {
    if (report.gathered > this.gathered) this.#learn(report.gathered, report.facts);
    for (const { signal, why } of report.refused.slice(this.#refusedSeen)) this.#board.refuse(signal, why);
    this.#refusedSeen = Math.max(this.#refusedSeen, report.refused.length);
    this.#heard = report.heard;
    this.#idle = report.idle;
    // It was written before our last message arrived; one that answers it will follow.
    if (this.#heard >= this.#sent) for (const step of report.steps) this.#show(step);
  }

  /** Ends the child if it is open, and waits until it has ended. Not to be cancelled. */
  async end(reason: string): Promise<void> {
    await this.#starting?.catch(ignored);
    const handle = this.#handle;
    if (!handle) return;
    await handle.signal(contract.abortSignal, { reason }).catch(ignored);
    await handle.result().catch(ignored);
  }

  async #start(): Promise<ChildWorkflowHandle<typeof prepareHost>> {
    const workflowId = contract.hostChangeId(this.#input.cluster, this.host);
    for (let pause = 1; ; pause = Math.min(pause * 2, 60)) {
      try {
        // Its end is ours to order (`end`), so that it is told why: cancellation must not get there first.
        const starting = CancellationScope.nonCancellable(() =>
          startChild(prepareHost, {
            workflowId,
            args: [this.#input],
            parentClosePolicy: 'REQUEST_CANCEL',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            staticSummary: `prepare ${this.host}`,
            typedSearchAttributes: [
              { key: contract.clusterAttribute, value: this.#input.cluster },
              { key: contract.stateAttribute, value: 'running' },
            ],
          }).then((handle) => (this.#handle = handle)),
        );
        this.#starting = starting;
        this.#refusedSeen = 0;
        this.#sent = this.#heard = this.gathered = 0;
        this.#idle = false;
        return await starting;
      } catch (failure) {
        if (!(failure instanceof WorkflowExecutionAlreadyStartedError)) throw failure;
        // Left over from a change that was terminated: ask it to end, and wait for that.
        await getExternalWorkflowHandle(workflowId).cancel().catch(ignored);
        await sleep(pause * 1000, { summary: `${this.host}: an earlier change's workflow ends` });
      } finally {
        this.begun = true;
      }
    }
  }

  async #ask(failure: unknown): Promise<'retry' | 'skip'> {
    const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
    const [first] = this.#unfinished();
    if (!first) return 'skip';
    const answer = await personsAnswer(this.#board, first, {
      kind: 'CommandFailed',
      message: `the workflow of ${this.host} ended: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: 'Retry starts it again; what is done already is not repeated.',
    });
    if (answer.do === 'retry') return 'retry';
    for (const entry of this.#unfinished()) this.#board.mark(entry, 'skipped', { reason: answer.reason });
    this.#learn(Math.max(this.gathered, 1), this.facts);
    return 'skip';
  }

  #learn(gathered: number, facts: HostFacts | undefined): void {
    this.gathered = gathered;
    this.facts = facts;
    this.looked += 1;
  }

  #ended(steps: readonly ReportedStep[]): void {
    this.#handle = undefined;
    this.#idle = true;
    this.#heard = this.#sent;
    for (const step of steps) this.#show(step);
  }

  #show(step: ReportedStep): void {
    const entry = this.#board.entry(step.phase, step.step, step.host);
    const { summary, reason, error } = step;
    if (step.state === 'waiting' && error)
      this.#board.park(entry, error, (answer) =>
        this.#tell(answer.do === 'retry' ? contract.retrySignal : contract.skipSignal, {
          step: step.step,
          host: step.host,
          ...(answer.do === 'skip' && { reason: answer.reason }),
        }),
      );
    else if (entry.state !== step.state || entry.summary !== summary)
      this.#board.mark(entry, step.state, { ...(summary && { summary }), ...(reason && { reason }) });
  }

  #unfinished(): readonly Entry[] {
    const ids = new Set(
      this.#input.phases.flatMap(({ id, steps }) => steps.map((step) => `${id}/${step.id}`)),
    );
    return this.#board
      .ofHost(this.host)
      .filter(({ phase, step, state }) => ids.has(`${phase}/${step}`) && !over.includes(state));
  }

  // A child that has just ended cannot be told anything; its end is handled where its result is awaited.
  #tell(signal: SignalDefinition<never[]> | { name: string }, message: object): void {
    if (!this.#handle) return;
    this.#sent += 1;
    void this.#handle.signal(signal.name, { ...message, n: this.#sent }).catch(ignored);
  }
}

/** Lets a hundred children begin at a time: one workflow task cannot carry a thousand inputs. */
export async function runAll(children: readonly HostChild[]): Promise<void> {
  await together(
    children.map(async (child, i) => {
      const before = children[i - 100];
      if (before) await condition(() => before.begun);
      await child.run();
    }),
  );
}

const over = ['done', 'already-so', 'skipped'];
const ignored = (): undefined => undefined;
const cancellation = (): Promise<never> => CancellationScope.current().cancelRequested;
