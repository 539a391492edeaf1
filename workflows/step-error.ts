import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { StepError } from '../cluster/status.ts';

/** What a failed activity says to a person, from whatever shape its failure has. */
export function stepErrorOf(failure: unknown): StepError {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  if (cause instanceof ApplicationFailure) {
    const told = cause.details?.[0];
    if (isStepError(told)) return bounded(told);
  }
  if (cause instanceof TimeoutFailure) return timedOut(cause);
  return bounded({
    kind: 'CommandFailed',
    message: cause instanceof Error ? cause.message : String(cause),
    next: 'Read the worker’s log, then retry.',
  });
}

function timedOut(failure: TimeoutFailure): StepError {
  return failure.timeoutType === 'HEARTBEAT'
    ? {
        kind: 'ConnectionLost',
        message: 'the Temporal worker that ran this step stopped answering',
        next: 'See that a worker runs (holdfast dev --status, or holdfast worker), then retry.',
      }
    : {
        kind: 'NotYet',
        message: `the step did not end in time (${failure.timeoutType ?? failure.message})`,
        next: 'See on the host what it waits for, then retry.',
      };
}

function isStepError(value: unknown): value is StepError {
  return typeof value === 'object' && value !== null && 'kind' in value && 'message' in value;
}

/** The history keeps every error: only what a person reads of it. */
function bounded(error: StepError): StepError {
  const { kind, message, command, exitCode, tail, next } = error;
  return {
    kind,
    message: message.slice(0, 1000),
    ...(command !== undefined ? { command: command.slice(0, 500) } : {}),
    ...(exitCode !== undefined ? { exitCode } : {}),
    ...(tail !== undefined ? { tail: tail.slice(-2048) } : {}),
    next: next ?? '',
  };
}
