import type { Machine } from './machine.ts';
import { backupFolder } from './paths.ts';
import { type UnitState, stateOf } from './systemd.ts';
import { unitNames } from './units.ts';

export interface ServiceStatus {
  /** Every unit runs that is there, and the last backup ended well. */
  readonly well: boolean;
  /** Those that are installed. */
  readonly units: readonly UnitState[];
  readonly backups: {
    readonly folder: string;
    readonly count: number;
    readonly newest?: { readonly name: string; readonly bytes: number };
  };
}

export async function serviceStatus(machine: Machine): Promise<ServiceStatus> {
  const states = await Promise.all([...unitNames].reverse().map((name) => stateOf(machine, name)));
  const units = states.filter(({ enabled }) => enabled !== '');
  const files = (await machine.list(backupFolder)).filter(({ name }) => name.endsWith('.db.gz'));
  const newest = files.at(-1);
  return {
    well: units.some(({ name }) => name === 'holdfast-worker.service') && units.every(isWell),
    units,
    backups: { folder: backupFolder, count: files.length, ...(newest && { newest }) },
  };
}

/** A oneshot is inactive between two runs. */
function isWell({ name, active, result }: UnitState): boolean {
  return name === 'holdfast-backup.service'
    ? ['inactive', 'activating'].includes(active) && result === 'success'
    : active === 'active';
}
