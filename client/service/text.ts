import type { ServiceStatus } from '../../worker/service/status.ts';

/** A line a unit, and the newest backup. */
export function statusText({ units, backups }: ServiceStatus): string {
  if (units.length === 0) return 'nothing is installed here: holdfast service install';
  const lines = units.map(({ name, active, enabled, result, since }) =>
    [
      name.padEnd(26),
      active.padEnd(9),
      enabled.padEnd(9),
      since && `since ${since}`,
      result === 'success' ? '' : `ended last with ${result}: journalctl --unit ${name}`,
    ]
      .filter(Boolean)
      .join(' ')
      .trimEnd(),
  );
  const { folder, count, newest } = backups;
  return [
    ...lines,
    newest
      ? `newest of ${count} backups: ${folder}/${newest.name} (${(newest.bytes / 1e6).toFixed(1)} MB)`
      : `no backup in ${folder}`,
  ].join('\n');
}
