import { z } from 'zod';
import type { Json } from '../cluster.ts';

export type Vars = { readonly [name: string]: Json };

/** An Ansible inventory, read whole: every variable stands at its hosts. */
export interface Inventory {
  /** Hosts of a group and of its children, in the inventory's order. A group may bear one of several names. */
  readonly group: (...names: readonly string[]) => readonly string[];
  readonly vars: Readonly<Record<string, Vars>>;
}

const group = z.looseObject({
  hosts: z.array(z.string()).default([]),
  children: z.array(z.string()).default([]),
});
const listed = z
  .object({ _meta: z.object({ hostvars: z.record(z.string(), z.record(z.string(), z.json())) }) })
  .catchall(group);

/** What `ansible-inventory --list` printed. Throws a RangeError for anything else. */
export function readListed(value: unknown): Inventory {
  const { data } = listed.safeParse(value);
  if (!data) throw new RangeError('not what `ansible-inventory --list` prints');
  const { _meta, ...others } = data;
  const groups = others as Readonly<Record<string, z.output<typeof group>>>;
  const hostsOf = (name: string, above: readonly string[] = []): readonly string[] => {
    const found = Object.hasOwn(groups, name) && !above.includes(name) ? groups[name] : undefined;
    if (!found) return [];
    return [...found.hosts, ...found.children.flatMap((child) => hostsOf(child, [...above, name]))];
  };
  const everyHost = Object.keys(groups).flatMap((name) => hostsOf(name));
  return {
    group: (...names) => [...new Set(names.flatMap((name) => hostsOf(name)))],
    // A host without a variable does not stand among the hostvars.
    vars: Object.fromEntries(
      [...new Set([...everyHost, ...Object.keys(_meta.hostvars)])].map((host) => [
        host,
        Object.hasOwn(_meta.hostvars, host) ? (_meta.hostvars[host] as Vars) : {},
      ]),
    ),
  };
}

/** `!vault` values, which are printed as they stand in the file. */
export function isVault(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '__ansible_vault');
}
