import type { Machine } from './machine.ts';
import { programFolder, unitFolder } from './paths.ts';
import { stateOf, systemctl } from './systemd.ts';
import { unitNames } from './units.ts';

/** Stops and removes the units and Temporal's program. Data, settings and the user stay. Returns what was changed. */
export async function removeService(machine: Machine): Promise<readonly string[]> {
  const changes: string[] = [];
  for (const name of unitNames) {
    if (!(await machine.read(`${unitFolder}/${name}`))) continue;
    await systemctl(machine, ['disable', '--quiet', '--now', name]);
    await machine.remove(`${unitFolder}/${name}`);
    changes.push(`${name} stopped and removed`);
  }
  if (changes.length > 0) await systemctl(machine, ['daemon-reload']);
  if (await machine.read(`${programFolder}/temporal`)) {
    await machine.remove(programFolder);
    changes.push(`${programFolder} removed`);
  }
  for (const name of unitNames) {
    const { active } = await stateOf(machine, name);
    if (active !== 'inactive' && active !== 'failed') throw new Error(`${name} is ${active} still`);
  }
  return changes;
}
