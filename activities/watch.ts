import { CancelledFailure, Context, log } from '@temporalio/activity';
import type { Observation } from '../cluster/failover/picture.ts';
import type { WatchCall, WatchInput } from '../cluster/failover/watch-input.ts';
import type { Deps } from './step.ts';
import { pause } from './watch/pause.ts';
import { type Seen, type Session, session } from './watch/session.ts';
import { kept } from './watch/kept.ts';
import { canonical } from './watch/steady.ts';

/** Between two looks at what the loops have told. */
const tickMs = 100;
/** One event is told of by several loops within a moment: a picture that is new is given that long to become whole … */
const settleMs = 250;
/** … unless it never stands still. */
const settleAtMostMs = 1_000;

/**
 * Looks at the cluster from all vantage points about once a second, and returns when the picture is another than
 * `known`, or at the deadline. Beats once a second: heartbeatTimeout 5 s.
 *
 * What it takes until a change is seen: two looks must agree, so 1 to 2 s for an answer that is another one, and 1.8 to
 * 2.8 s for silence (a look's limit is 0.8 s); SSH of a host whose API fell silent: 2.8 to 3.8 s; what is asked every
 * five seconds (SSH otherwise, nodes, NFS): up to 6 s; a vantage point or etcd member that is not heard from: 3 s. And settleMs.
 */
export function watch(deps: Deps) {
  const sessions = kept((input: WatchInput, known?: WatchCall['known']) => session(deps.hosts, input, known));

  return async ({ known, returnInMs, ...input }: WatchCall): Promise<Observation> => {
    const { cancellationSignal: signal, heartbeat } = Context.current();
    const beat = setInterval(() => heartbeat(), 1_000);
    const { session, release } = sessions.take(input, known);
    try {
      return await observe(session, known && canonical(known), Date.now() + returnInMs, signal);
    } finally {
      clearInterval(beat);
      release(signal.aborted);
    }
  };
}

async function observe(
  session: Session,
  known: string | undefined,
  deadline: number,
  signal: AbortSignal,
): Promise<Observation> {
  let seen: Seen | undefined;
  let since = 0;
  let differsSince: number | undefined;
  let late = false;
  for (let last = Date.now(); ;) {
    await pause(tickMs, signal);
    if (signal.aborted)
      throw signal.reason instanceof Error ? signal.reason : new CancelledFailure('cancelled');
    for (const line of session.news()) log.warn(line);
    const now = Date.now();
    // This process stood still: what arrived meanwhile is taken in first, or its silence would be the hosts'.
    late = now - last > 1_000 && !late;
    last = now;
    const next = late ? undefined : session.look(now);
    if (!next) continue;
    if (next.text !== seen?.text) since = now;
    seen = next;
    differsSince = next.text === known ? undefined : (differsSince ?? now);
    const settled =
      differsSince !== undefined && (now - since >= settleMs || now - differsSince >= settleAtMostMs);
    if (settled || now >= deadline) return { picture: next.picture, since, until: now };
  }
}
