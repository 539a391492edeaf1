import { setTimeout as sleep } from 'node:timers/promises';
import type { Temporal } from '../client/connect.ts';
import { ExitError, exitCode } from '../client/exit.ts';
import { day, waitText } from '../client/failover/in-words.ts';
import { FailoverLines } from '../client/failover/lines.ts';
import { failoverStatus } from '../client/failover/run.ts';
import type { FailoverRun } from '../client/failover/run.ts';
import type { ReportEvent } from '../cluster/drill/report.ts';
import type { FailoverStatus } from '../cluster/failover/status.ts';

/** Looks, two a second. */
const wellWithin = 240;
const promotedWithin = 600;
/** Times in a row, 10 s each: a machine on which thirteen hosts start at once may be slow to answer. */
const unanswered = 6;

/** All is as it should be, and nobody was promoted yet: else there would be a master left. */
export async function untilWell(
  temporal: Temporal,
  failover: FailoverRun,
  signal: AbortSignal,
): Promise<void> {
  let status = await failoverStatus(temporal, failover);
  for (let look = 0; status.state !== 'watching' && look < wellWithin; look += 1) {
    await sleep(500, undefined, { signal });
    status = await failoverStatus(temporal, failover);
  }
  const { state, degraded, promoted, cluster } = status;
  if (promoted.length > 0)
    throw new ExitError(
      exitCode.badInput,
      `${promoted.join(', ')} was promoted already, so the loss of the masters is not the loss of all. A fresh start: npm run demo -- --down; npm run demo`,
    );
  if (state !== 'watching')
    throw new ExitError(
      exitCode.badInput,
      `${cluster} is ${state}: ${degraded.join('; ')}. See: holdfast status`,
    );
}

/** Tells what failover says until a worker node was promoted. Returns what happened since `from`, for the picture. */
export async function untilPromoted(
  temporal: Temporal,
  failover: FailoverRun,
  from: number,
  signal: AbortSignal,
): Promise<readonly ReportEvent[]> {
  const plain = new FailoverLines();
  const states: ReportEvent[] = [];
  for (let look = 0; look < promotedWithin; look += 1) {
    const status = await patientStatus(temporal, failover);
    for (const line of plain.lines(status)) console.log(`          ${line}`);
    const since = Date.parse(status.since);
    if (since >= from && states.at(-1)?.what !== status.state) states.push({ at: since, what: status.state });
    if (status.promoted.length > 0 && status.state !== 'promoting') {
      console.log(
        `          ${status.promoted.join(', ')} serves as a control-plane node, ${day(status.since)}`,
      );
      return states;
    }
    if (waitsForPerson(status)) throw new ExitError(exitCode.waits, waitText(status.waitingFor).join('\n'));
    await sleep(500, undefined, { signal });
  }
  throw new Error('nobody was promoted within five minutes: holdfast status');
}

async function patientStatus(temporal: Temporal, failover: FailoverRun): Promise<FailoverStatus> {
  for (let time = 1; ; time += 1)
    try {
      return await failoverStatus(temporal, failover);
    } catch (error) {
      const passes = error instanceof ExitError && error.code === exitCode.unreachable && time < unanswered;
      if (!passes) throw error;
    }
}

function waitsForPerson(
  status: FailoverStatus,
): status is FailoverStatus & Required<Pick<FailoverStatus, 'waitingFor'>> {
  return status.waitingFor !== undefined && status.state !== 'promoting';
}
