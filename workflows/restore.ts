import { patched, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Phase } from '../cluster/plan-types.ts';
import { whyLeftOut, withChoice } from '../cluster/restore/choice.ts';
import {
  type RestoreChoice,
  type RestoreLook,
  choose,
  confirmStep,
  lossText,
} from '../cluster/restore/offer.ts';
import type { ChangeStatus, StepError } from '../cluster/status.ts';
import { Board, type Entry } from './board.ts';
import { approveRestoreSignal, restoreOfferQuery } from './contract.ts';
import type { RestoreInput } from './contract.ts';
import { contextFrom } from './context.ts';
import { runChange } from './run-change.ts';
import { personsAnswer, runStep, runSteps } from './run-steps.ts';
import { isRecord, readText } from './signal-input.ts';

/**
 * Brings etcd back from a snapshot or from what a member still holds: looks, asks a person, and runs the plan that
 * `restorePlan` made with what they chose. Never started by anything but a person.
 */
export async function restore({ plan }: RestoreInput): Promise<ChangeStatus> {
  const { cluster, promotion, bastion } = plan;
  const [look, ...rest] = plan.phases as readonly [Phase, ...Phase[]];
  const verifies = rest.at(-1)?.after ?? [];
  const confirm = { id: 'confirm', after: [look.id], steps: [{ id: confirmStep, host: bastion }] };
  const board = new Board([look, confirm, ...rest]);
  const context = contextFrom(plan, workflowInfo().firstExecutionRunId);
  const word = new PersonsWord(cluster, board, board.entry('confirm', confirmStep, bastion));
  word.listen();
  return runChange({
    cluster,
    promotion,
    board,
    busy: () => {
      // Before the word nothing was touched, and what is verified is whole.
      const isWhole = verifies.every((before) => board.complete(before)) && patched('whole-once-it-verifies');
      if (word.given && !isWhole) return 'etcd is being restored';
      if (word.given && board.running > 0) return 'steps are running';
      return board.waiting.size > 0 ? undefined : 'it does not wait for anyone';
    },
    leaves: () => ({}),
    body: async () => {
      while (!word.given) {
        const [first] = look.steps;
        const found = first && (await runStep(board, look.id, first, context));
        await word.ask(found && 'look' in found ? (found.look as RestoreLook) : undefined);
      }
      for (const phase of rest) await runSteps(board, chosen(board, phase, word.given), context);
    },
  });
}

interface Given {
  readonly look: RestoreLook;
  readonly choice: RestoreChoice;
}

/** The phase with what was chosen; steps of hosts that give no answer are skipped, and say why. */
function chosen(board: Board, phase: Phase, { look, choice }: Given): Phase {
  const steps = phase.steps.filter((step) => {
    const reason = whyLeftOut(step, look, choice);
    if (reason !== undefined)
      board.mark(board.entry(phase.id, step.id, step.host), 'skipped', { reason: `left out: ${reason}` });
    return reason === undefined;
  });
  return { ...phase, steps: steps.map((step) => withChoice(step, choice)) };
}

/** Waits for the approval of what the look found; `retry` looks again, and nothing else goes on without it. */
class PersonsWord {
  given: Given | undefined;
  #look: RestoreLook | undefined;
  readonly #cluster: string;
  readonly #board: Board;
  readonly #entry: Entry;

  constructor(cluster: string, board: Board, entry: Entry) {
    this.#cluster = cluster;
    this.#board = board;
    this.#entry = entry;
  }

  listen(): void {
    setHandler(restoreOfferQuery, () => this.#look, {
      description: 'What etcd could be restored from, and on which hosts.',
    });
    setHandler(approveRestoreSignal, (sent: unknown) => this.#approve(sent), {
      description:
        'Restore etcd: {"from": "…", "reason": "…", "by": "…"}; without from: the newest. What is newer is lost.',
    });
  }

  async ask(look: RestoreLook | undefined): Promise<void> {
    this.#look = look;
    const { step, host } = this.#entry;
    while ((await personsAnswer(this.#board, this.#entry, this.#question(look))).do === 'skip')
      this.#board.refuse('skip', `${step} on ${host} is a person’s word: it cannot be skipped`);
  }

  #question(look: RestoreLook | undefined): StepError {
    const choice = look ? choose(look) : { why: 'the look was skipped' };
    const left = look?.members.filter(({ problem }) => problem !== undefined) ?? [];
    const without = left.map(({ host, problem }) => `; without ${host}: ${problem}`).join('');
    return {
      kind: 'ProblemFound',
      message: 'why' in choice ? choice.why : `${lossText(choice, look?.at ?? 0)}${without}`,
      next: `holdfast restore ${this.#cluster}`,
    };
  }

  #approve(sent: unknown): void {
    const [by, reason] = [readText(sent, 'by'), readText(sent, 'reason')];
    if ('why' in by) return this.#board.refuse('approve', by.why);
    if ('why' in reason) return this.#board.refuse('approve', reason.why);
    if (this.given || this.#entry.state !== 'waiting')
      return this.#board.refuse('approve', 'it does not wait for that');
    if (!this.#look) return this.#board.refuse('approve', 'there was no look: holdfast retry');
    const from = isRecord(sent) && sent.from !== undefined ? readText(sent, 'from') : undefined;
    // What was meant is not known: the newest might be the last thing that they want.
    if (from && 'why' in from) return this.#board.refuse('approve', from.why);
    const found = choose(this.#look, from?.input);
    if ('why' in found) return this.#board.refuse('approve', found.why);
    const { bump, ...least } = found;
    // All members are restored alike, also where a worker of before has begun with some.
    const choice = patched('raises-above-all') && bump !== undefined ? found : least;
    this.given = { look: this.#look, choice };
    this.#board.answer({ step: confirmStep }, { do: 'retry' });
    const summary = `${by.input}: ${reason.input.slice(0, 200)}; ${lossText(choice, Date.now())}`.slice(
      0,
      400,
    );
    this.#board.mark(this.#entry, 'done', { summary });
  }
}
