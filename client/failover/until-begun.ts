import { setTimeout as pause } from 'node:timers/promises';
import { newestChange } from '../change.ts';
import type { ChangeRun } from '../change.ts';
import type { Temporal } from '../connect.ts';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import { BadInput, ExitError, exitCode } from '../exit.ts';
import { freshRefusal } from '../refusal.ts';
import { FailoverLines } from './lines.ts';
import { failoverStatus } from './run.ts';
import type { FailoverRun } from './run.ts';

/** Looks, a second each, before a promotion that was queued and has not begun is left to itself. */
const patience = 120;

/** What there was before the promotion was asked for. */
interface Before {
  readonly runId: string | undefined;
  readonly refused: FailoverStatus['refused'];
}

/**
 * The change that began since: a promotion is queued first, candidates are looked at, and a change that waits for a
 * person makes room. Tells meanwhile what failover says. Exit code 2 when it was refused after all, 3 when failover
 * waits for a person, 1 when nothing came of it.
 */
export async function untilBegun(
  temporal: Temporal,
  failover: FailoverRun,
  before: Before,
): Promise<ChangeRun> {
  const { cluster } = failover;
  const told = new FailoverLines();
  for (let look = 0; look < patience; look += 1) {
    const newest = await newestChange(temporal, cluster);
    if (newest && newest.runId !== before.runId) return newest;
    const status = await failoverStatus(temporal, failover);
    for (const line of told.lines(status)) console.error(line);
    const refused = freshRefusal(before.refused, status.refused);
    if (refused !== undefined) throw new BadInput(`${cluster}: promote was refused: ${refused}`);
    await pause(1000);
  }
  const { waitingFor } = await failoverStatus(temporal, failover);
  throw new ExitError(
    waitingFor ? exitCode.waits : exitCode.failed,
    `${cluster}: the promotion has not begun within ${patience} s: holdfast status ${cluster}`,
  );
}
