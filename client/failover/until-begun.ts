import { setTimeout as pause } from 'node:timers/promises';
import { newestChange } from '../change.ts';
import type { ChangeRun } from '../change.ts';
import type { Temporal } from '../connect.ts';
import { ExitError, exitCode } from '../exit.ts';
import { FailoverLines } from './lines.ts';
import { failoverStatus } from './run.ts';
import type { FailoverRun } from './run.ts';

/** Looks, a second each, before a promotion that was queued and has not begun is left to itself. */
const patience = 120;

/**
 * The change that began after `before`: a promotion is queued first, and a change that waits for a person makes room.
 * Tells meanwhile what failover says. Exit code 3 when it waits for a person, 1 when nothing came of it.
 */
export async function untilBegun(
  temporal: Temporal,
  failover: FailoverRun,
  before: string | undefined,
): Promise<ChangeRun> {
  const { cluster } = failover;
  const told = new FailoverLines();
  for (let look = 0; look < patience; look += 1) {
    const newest = await newestChange(temporal, cluster);
    if (newest && newest.runId !== before) return newest;
    const status = await failoverStatus(temporal, failover);
    for (const line of told.lines(status)) console.error(line);
    if (look >= 10 && status.waitingFor)
      throw new ExitError(
        exitCode.waits,
        `${cluster}: the promotion has not begun: failover waits for a person`,
      );
    await pause(1000);
  }
  throw new ExitError(
    exitCode.failed,
    `${cluster}: the promotion has not begun within ${patience} s: holdfast status ${cluster}`,
  );
}
