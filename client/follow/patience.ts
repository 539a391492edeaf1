import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { ExitError, exitCode } from '../exit.ts';

/** Looks that may fail one after another before following ends: the workflow goes on without it. */
export const looksThatMayFail = 120;

/** Nobody answered this time: the next look may be answered. */
export function passing(error: unknown): boolean {
  if (error instanceof ExitError) return error.code === exitCode.unreachable;
  // What is followed was found in it before: a busy server looked the namespace up in vain.
  if (error instanceof NamespaceNotFoundError) return true;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return isGrpcServiceError(cause) || isGrpcServiceError(error);
}

export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** Ctrl-C ends the view alone: `last` closes it and has the last word. Returns what takes the handler off. */
export function onInterrupt(last: () => string): () => void {
  const leave = (): never => {
    console.error(`\n${last()}`);
    process.exit(exitCode.interrupted);
  };
  process.on('SIGINT', leave);
  process.on('SIGTERM', leave);
  return () => {
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  };
}
