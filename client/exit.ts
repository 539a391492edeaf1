/** Exit codes of the command line. **Contract.** */
export const exitCode = {
  done: 0,
  failed: 1,
  badInput: 2,
  waits: 3,
  unreachable: 4,
  interrupted: 130,
} as const;

/** Ends the program with this code; the message goes to standard error as it is. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was typed or written is wrong: nothing was touched. */
export class BadInput extends ExitError {
  constructor(message: string) {
    super(exitCode.badInput, message);
  }
}

/** A workflow is there and open, and its question was not answered. */
export function noWorkerAnswers(cluster: string, what: string, error: unknown): ExitError {
  const why = reasonOf(error);
  const message = /in failed state/.test(why)
    ? `${what}, but its worker cannot go on with it (${why}): its log and the workflow in the UI say why. ` +
      'Where another version of holdfast began it, run that one until it has ended; ' +
      'or terminate it in the UI: holdfast up SPEC begins anew.'
    : `${what}, but no worker answers (${why}). Start one: holdfast dev, or holdfast worker.`;
  return new ExitError(exitCode.unreachable, `${cluster}: ${message}`);
}

/** The client says only that it failed; the server's words are in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const details = cause instanceof Error && 'details' in cause ? String(cause.details) : '';
  return details === '' ? error.message : details;
}
