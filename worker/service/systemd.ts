import type { Machine } from './machine.ts';

/** What systemd says of a unit. */
export interface UnitState {
  readonly name: string;
  /** active, inactive, failed, activating, … */
  readonly active: string;
  /** enabled, disabled, static; empty: there is no such unit. */
  readonly enabled: string;
  /** How it ended last: success, exit-code, … */
  readonly result: string;
  /** Since when it is as it is, in systemd's words. */
  readonly since: string;
}

const properties = ['ActiveState', 'UnitFileState', 'Result', 'StateChangeTimestamp'] as const;

export async function stateOf(machine: Machine, name: string): Promise<UnitState> {
  const text = await systemctl(machine, ['show', '--property', properties.join(','), name]);
  const values = new Map(text.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  const [active = '', enabled = '', result = '', since = ''] = properties.map((key) => values.get(key) ?? '');
  return { name, active, enabled, result, since };
}

/** Its standard output. Throws with what systemd says, and where a unit is meant with the end of its journal. */
export async function systemctl(machine: Machine, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await machine.run('systemctl', args);
  if (code === 0) return stdout;
  const unit = args.find((word) => /^holdfast-.*\.(service|timer)$/.test(word));
  throw new Error(
    [`systemctl ${args.join(' ')} ended with ${code}: ${stderr}`, unit && (await journalOf(machine, unit))]
      .filter(Boolean)
      .join('\n'),
  );
}

/** The last lines of a unit's journal, and where there are more. */
export async function journalOf(machine: Machine, unit: string): Promise<string> {
  const { stdout } = await machine.run('journalctl', [
    '--unit',
    unit,
    '--lines',
    '15',
    '--no-pager',
    '--output',
    'cat',
  ]);
  return `${stdout.slice(-2000)}\nMore: journalctl --unit ${unit}`;
}
