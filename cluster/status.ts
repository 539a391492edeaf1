/** The `status` query of every change, and the workflow's result. **Contract**: people parse it. */
export interface ChangeStatus {
  readonly workflowType: string;
  readonly runId: string;
  readonly cluster: string;
  readonly state: 'running' | 'waiting' | 'done' | 'failed';
  /** The first phase, in the plan's order, that has not ended; the last one when all have. */
  readonly phase: string;
  /** All phases, in the plan's order. */
  readonly phases: readonly PhaseStatus[];
  readonly steps: readonly StepStatus[];
  /** Who or what is waited for, one entry a parked step. Empty unless state is `waiting`. */
  readonly waitingFor: readonly Waiting[];
  /** Signals that were refused, newest last, at most 20. */
  readonly refused: readonly { readonly signal: string; readonly why: string }[];
  /** "all masters lost = a worker is promoted", or "… = restore by a person". */
  readonly promotion: string;
  readonly progress?: PlaybookProgress;
  /** It made room for an intervention while it waited; started again, it converges. */
  readonly yielded?: true;
  /** Why it ended before its last step: who ended it, or how. */
  readonly endedBecause?: string;
}

export interface PhaseStatus {
  readonly id: string;
  readonly state: StepState;
  readonly done: number;
  readonly total: number;
}

export type StepState = 'pending' | 'running' | 'waiting' | 'done' | 'already-so' | 'skipped' | 'failed';

export interface StepStatus {
  readonly phase: string;
  readonly step: string;
  readonly host: string;
  readonly state: StepState;
  readonly summary?: string;
  /** Who skipped it and why. */
  readonly reason?: string;
}

export interface Waiting {
  readonly phase: string;
  readonly step: string;
  readonly host: string;
  readonly error: StepError;
  /** Commands that would help, ready to paste. */
  readonly commands: readonly string[];
}

/** What a failed step says. Already redacted. */
export interface StepError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly command?: string;
  readonly exitCode?: number;
  /** Last lines of output, at most 2 kB. */
  readonly tail?: string;
  /** What to do next. */
  readonly next: string;
}

/**
 * Why a step failed, and so who may act; the ApplicationFailure's `type`.
 * Retried by Temporal: ConnectionLost, CommandFailed, NotYet. All others park at once.
 */
export type ErrorKind =
  | 'ConnectionLost' // no answer, or it broke: retry, re-attach
  | 'CommandFailed' // a command ended non-zero: may be a passing thing (a lock, a mirror)
  | 'NotYet' // looked again and the change has not taken effect yet
  | 'AuthenticationFailed'
  | 'HostKeyMismatch'
  | 'SudoRefused'
  | 'UnsupportedSystem'
  | 'ProblemFound' // a check found what a person must mend
  | 'JobFailed' // a remote job ended non-zero: a person's retry starts a new one
  | 'LocalFileUnreadable' // on the worker's machine: key, known_hosts, password file
  | 'BadInput';

export interface PlaybookProgress {
  readonly done: number;
  readonly total: number;
  readonly task: string;
  readonly play: string;
  readonly failedHosts: readonly string[];
}
