import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { ChangeStatus } from '../cluster/status.ts';
import type { Board } from './board.ts';
import * as contract from './contract.ts';
import { readRetry, readSkip, readText } from './signal-input.ts';

export interface ChangeSignals {
  readonly board: Board;
  readonly status: () => ChangeStatus;
  readonly finish: (how: 'aborted' | 'yielded', reason: string) => void;
  /** Why it cannot make room for an intervention now, or undefined when nothing of it runs. Absent: never asked. */
  readonly busy?: (() => string | undefined) | undefined;
  /** Heard with each retry and skip that a parent sent, before it is followed. */
  readonly onMessage?: ((n: number) => void) | undefined;
}

/** The surface that all changes have. What cannot be followed is refused in `status`; a handler never throws. */
export function handleChangeSignals(change: ChangeSignals): void {
  setHandler(contract.statusQuery, change.status, {
    description: 'Phases, steps of every host, who is waited for and why.',
  });
  setHandler(contract.retrySignal, (sent: unknown) => retry(change, sent), {
    description:
      'Run waiting steps again: {"step": "…", "host": "…"}; both may be left out, without any: all.',
  });
  setHandler(contract.skipSignal, (sent: unknown) => skip(change, sent), {
    description: 'Go on without a waiting step: {"step": "…", "host": "…", "reason": "…"}.',
  });
  setHandler(contract.abortSignal, (sent: unknown) => abort(change, sent), {
    description: 'End the change now, and its running jobs: {"reason": "…"}.',
  });
  if (!change.busy) return;
  setHandler(contract.yieldSignal, (sent: unknown) => makeRoom(change, sent), {
    description: 'Make room for an intervention, if nothing runs: {"runId": "…"}. For failover’s use.',
  });
}

function retry({ board, onMessage }: ChangeSignals, sent: unknown): void {
  const read = readRetry(sent);
  if ('why' in read) return board.refuse('retry', read.why);
  if (read.input.n !== undefined) onMessage?.(read.input.n);
  if (board.answer(read.input, { do: 'retry' }) === 0) board.refuse('retry', board.whyNone(read.input));
}

function skip({ board, onMessage }: ChangeSignals, sent: unknown): void {
  const read = readSkip(sent);
  if ('why' in read) return board.refuse('skip', read.why);
  const { reason, by, n } = read.input;
  if (n !== undefined) onMessage?.(n);
  const answer = { do: 'skip', reason: by ? `${by}: ${reason}` : reason } as const;
  if (board.answer(read.input, answer) === 0) board.refuse('skip', board.whyNone(read.input));
}

function abort({ board, finish }: ChangeSignals, sent: unknown): void {
  const read = readText(sent, 'reason');
  if ('why' in read) board.refuse('abort', read.why);
  else finish('aborted', read.input);
}

function makeRoom({ board, finish, busy }: ChangeSignals, sent: unknown): void {
  const read = readText(sent, 'runId');
  if ('why' in read) return board.refuse('yield', read.why);
  const why = read.input === workflowInfo().runId ? busy?.() : `it is meant for run ${read.input}`;
  if (why) board.refuse('yield', why);
  else finish('yielded', 'the change made room for an intervention');
}
