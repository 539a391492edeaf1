import type { Cluster } from '../cluster.ts';
import type { BackupHealth } from './status.ts';

/** Milliseconds. A backup may take its time, and is asked after once it is made. */
const grace = 3_600_000;

/**
 * What is wrong with the backups, in words: as their own workflow told it, or that it tells nothing any more. Before
 * it was ever heard of, nothing is.
 */
export function backupTroubles(
  health: BackupHealth | undefined,
  { backup }: Pick<Cluster, 'backup'>,
  now: number,
): readonly string[] {
  if (!health) return [];
  if (health.problem !== undefined) return [`backups: ${health.problem}`];
  if (health.newest === undefined) return [];
  if (now - Date.parse(health.newest) <= 2 * backup.everyHours * 3_600_000 + grace) return [];
  return [
    `backups: the newest is of ${health.newest}, and one is wanted every ${backup.everyHours} hours: does the workflow backup still run?`,
  ];
}
