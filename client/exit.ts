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
  return new ExitError(
    exitCode.unreachable,
    `${cluster}: ${what}, but no worker answers (${error instanceof Error ? error.message : String(error)}). ` +
      'Start one: holdfast dev, or holdfast worker.',
  );
}
