import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { HostFacts } from '../cluster/facts.ts';
import type { Phase, PhaseId } from '../cluster/plan-types.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { Board, shown } from './board.ts';
import { contextFrom } from './context.ts';
import { gatherAgainSignal, hostReportSignal, proceedSignal } from './host-messages.ts';
import type { HostReport, Numbered, PrepareHostInput } from './host-messages.ts';
import { runChange } from './run-change.ts';
import { runStep, runSteps } from './run-steps.ts';
import { together } from './together.ts';
import type { ContextOf } from './run-steps.ts';

/**
 * One host from first contact to prepared: connect, facts, its own checks; then it waits until bringUp
 * says that all hosts have passed, and prepares. Reports to bringUp at each boundary and whenever it waits.
 */
export async function prepareHost(input: PrepareHostInput): Promise<ChangeStatus> {
  const host = new PreparedHost(input);
  host.listen();
  const talking = new CancellationScope();
  const talk = talking.run(() => host.keepReporting()).catch(unlessCancelled);
  return runChange({
    cluster: input.cluster,
    promotion: input.promotion,
    board: host.board,
    onMessage: (n) => host.hear(n),
    body: async () => {
      await host.connect();
      await together([host.run('preflight'), host.untilProceed()]);
      await host.run('prepare');
      talking.cancel();
      await talk;
    },
    end: () => Promise.resolve(talking.cancel()),
  });
}

class PreparedHost {
  readonly board: Board;
  readonly #input: PrepareHostInput;
  readonly #context: ContextOf;
  #facts: HostFacts | undefined;
  #gathered = 0;
  #heard = 0;
  #proceed = false;
  #gatherAgain = false;
  /** It has done what it may before the parent's word. */
  #atGate = false;
  /** Raised whenever the parent should hear of it. */
  #news = 0;

  constructor(input: PrepareHostInput) {
    this.#input = input;
    this.board = new Board(input.phases);
    this.#context = contextFrom(input, input.change);
  }

  listen(): void {
    setHandler(
      proceedSignal,
      (sent?: Numbered) => {
        this.#proceed = true;
        this.hear(sent?.n);
      },
      { description: 'From bringUp: every host has passed, go on and prepare.' },
    );
    setHandler(
      gatherAgainSignal,
      (sent?: Numbered) => {
        this.#gatherAgain = true;
        this.hear(sent?.n);
      },
      { description: 'From bringUp: look at the host again.' },
    );
  }

  hear(n: unknown): void {
    if (typeof n === 'number') this.#heard = Math.max(this.#heard, n);
    this.#news += 1;
  }

  async connect(): Promise<void> {
    const phase = this.#phase('connect');
    for (const step of phase?.steps ?? [])
      if (step.id === 'gather-facts') await this.#gather();
      else await runStep(this.board, 'connect', step, this.#context);
    this.#news += 1;
  }

  async run(id: PhaseId): Promise<void> {
    const phase = this.#phase(id);
    const running = phase && runSteps(this.board, phase, this.#context);
    // The first steps are marked by now: the parent must not take this host for idle while they run.
    this.#news += 1;
    await running;
    this.#news += 1;
  }

  /** Looks at the host again whenever the parent's judgement of all facts asks for it. */
  async untilProceed(): Promise<void> {
    for (;;) {
      this.#atGate = true;
      await condition(() => this.#proceed || this.#gatherAgain);
      this.#atGate = false;
      if (this.#proceed) return;
      this.#gatherAgain = false;
      await this.#gather();
      this.#news += 1;
    }
  }

  /** One report a turn of events at most: what happens while one is under way goes into the next. */
  async keepReporting(): Promise<never> {
    const { parent } = workflowInfo();
    for (let told = 0; ;) {
      await condition(() => this.#news + this.board.asked > told);
      told = this.#news + this.board.asked;
      if (parent)
        await getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(
          hostReportSignal,
          this.#report(),
        );
    }
  }

  async #gather(): Promise<void> {
    const step = this.#phase('connect')?.steps.find(({ id }) => id === 'gather-facts');
    const found = step && (await runStep(this.board, 'connect', step, this.#context));
    if (found && 'machineId' in found) this.#facts = found;
    this.#gathered += 1;
  }

  /** Nothing runs, and nothing is about to: it waits for a person, or for the parent. */
  get #idle(): boolean {
    if (this.board.running > 0) return false;
    return this.board.waiting.size > 0 || (this.#atGate && !this.#proceed && !this.#gatherAgain);
  }

  #report(): HostReport {
    const { board } = this;
    return {
      host: this.#input.host,
      steps: board.entries.map((entry) => ({ ...shown(entry), ...(entry.error && { error: entry.error }) })),
      gathered: this.#gathered,
      ...(this.#facts && { facts: this.#facts }),
      idle: this.#idle,
      heard: this.#heard,
      refused: [...board.refused],
    };
  }

  #phase(id: PhaseId): Phase | undefined {
    return this.#input.phases.find((phase) => phase.id === id);
  }
}

function unlessCancelled(failure: unknown): void {
  if (!isCancellation(failure)) throw failure;
}
