import type { ErrorKind, StepError } from '../cluster/status.ts';

/** Everything that can go wrong on a host, with what a person needs to act. Text in it is redacted already. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly kind: ErrorKind;
  readonly host: string;
  readonly details: Omit<StepError, 'kind' | 'message'>;

  constructor(kind: ErrorKind, host: string, message: string, details: Omit<StepError, 'kind' | 'message'>) {
    super(message);
    this.kind = kind;
    this.host = host;
    this.details = details;
  }
}
