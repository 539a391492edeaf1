import { setMaxListeners } from 'node:events';
import { ApplicationFailure, Context, CancelledFailure } from '@temporalio/activity';
import type { StepCall, StepId, StepResult } from '../cluster/steps.ts';
import type { StepError } from '../cluster/status.ts';
import type { Host, Hosts } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { type Outside, outsideBy } from './outside.ts';
import type { Webhook } from './webhook.ts';

/** What the composition root hands to every activity. */
export interface Deps {
  readonly hosts: Hosts;
  /** Reads a file on the worker's own machine (`fromFile`, a local git repository's path is not read through this). */
  readonly readLocalFile: (path: string) => Promise<Buffer>;
  /** File with the age identities that open backups, on the worker's own machine. */
  readonly backupIdentity?: string | undefined;
  /** Where changes of state are told. Absent: nowhere. */
  readonly webhook?: Webhook;
}

/** What a step's body gets beside its input. */
export interface StepTools {
  /** The host the step is about. */
  readonly host: Host;
  /** Another host that the plan allows this step to talk to. */
  readonly other: (name: string) => Host;
  /** Runs on a host what fetches from outside of the site. */
  readonly outside: Outside;
  /** Aborted when Temporal wants the activity to end. Give it to every wait. */
  readonly signal: AbortSignal;
  /** Small details for the UI and for the next attempt. The frame beats by itself while the body runs. */
  readonly heartbeat: (details: unknown) => void;
  /** Details of the last heartbeat of the attempt before. */
  readonly lastHeartbeat: unknown;
  /** Patience is at its end: what does not come true now is for a person. */
  readonly lastTry: boolean;
  readonly deps: Deps;
}

export type StepBody<Id extends StepId, Result = StepResult> = (
  call: StepCall<Id>,
  tools: StepTools,
) => Promise<Result>;

/** Types that no retry cures: the step parks at once and a person acts. */
const nonRetryable = new Set([
  'AuthenticationFailed',
  'HostKeyMismatch',
  'SudoRefused',
  'UnsupportedSystem',
  'ProblemFound',
  'JobFailed',
  'LocalFileUnreadable',
  'BadInput',
]);

/**
 * How long what went wrong may be a passing thing, before the step parks and a person is asked. The workflow's policy
 * goes on for as long as a lost connection may: a failed command and an effect that does not come end sooner.
 */
export interface Patience {
  /** Attempts. Default: the policy's own. */
  readonly tries?: number;
  /** Since the step was begun; three attempts are made all the same, or one that waited for a worker would have none. Default 10. */
  readonly minutes?: number;
}

/** Wraps a step's body as an activity: heartbeats, cancellation, and errors as the workflow understands them. */
export function step<Id extends StepId, Result = StepResult>(
  id: Id,
  body: StepBody<Id, Result>,
  patience: Patience = {},
) {
  return (deps: Deps) =>
    async (call: StepCall<Id>): Promise<Result> => {
      const context = Context.current();
      // Listened to by all that runs for the step: of hundreds of hosts at once, where one step asks them all.
      setMaxListeners(0, context.cancellationSignal);
      let details: unknown = context.info.heartbeatDetails;
      const beat = setInterval(() => context.heartbeat(details), 1000);
      try {
        return await body(call, {
          host: deps.hosts.host(call.target),
          other: (name) => deps.hosts.host(targetOf(call, id, name)),
          outside: outsideBy(call.proxy, deps),
          signal: context.cancellationSignal,
          heartbeat: (next) => context.heartbeat((details = next)),
          lastHeartbeat: context.info.heartbeatDetails,
          lastTry: isLastTry(context.info, patience),
          deps,
        });
      } catch (error) {
        throw asFailure(error, id, call.target.name, context, isLastTry(context.info, patience));
      } finally {
        clearInterval(beat);
      }
    };
}

/** A check found something that a person must mend. */
export function problem(host: string, message: string, next: string): HostError {
  return new HostError('ProblemFound', host, message, { next });
}

/** Looked again after the change, and it has not taken effect. Temporal's retry looks once more. */
export function notYet(host: string, message: string, next: string): HostError {
  return new HostError('NotYet', host, message, { next });
}

function targetOf(call: StepCall<StepId>, id: StepId, name: string) {
  const target = name === call.target.name ? call.target : call.others[name];
  if (!target)
    throw new HostError('BadInput', name, `${id} may not talk to ${name}: the plan does not name it`, {
      next: 'Report this as a defect of the plan.',
    });
  return target;
}

function isLastTry(info: Context['info'], { tries = Infinity, minutes = 10 }: Patience): boolean {
  const old = Date.now() - info.scheduledTimestampMs >= minutes * 60_000;
  return info.attempt >= tries || (old && info.attempt >= 3);
}

function asFailure(
  error: unknown,
  id: StepId,
  host: string,
  { cancellationSignal: signal }: Context,
  lastTry: boolean,
): unknown {
  // An AbortError must never leave an activity: a paused one would hang (the server refuses it).
  if (signal.aborted)
    return signal.reason instanceof Error ? signal.reason : new CancelledFailure('cancelled');
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const known = error instanceof HostError;
  const kind = known ? error.kind : 'CommandFailed';
  const message = error instanceof Error ? error.message : String(error);
  const where = known ? error.host : host;
  const detail: StepError = {
    kind,
    message,
    ...(known ? error.details : { next: `holdfast retry --step ${id} --host ${host}` }),
  };
  return ApplicationFailure.create({
    message: `${where}: ${id}: ${message}`,
    type: kind,
    nonRetryable: nonRetryable.has(kind) || (lastTry && kind !== 'ConnectionLost'),
    details: [{ ...detail, host: where, step: id }],
  });
}
