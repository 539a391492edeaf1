import type { Kubespray } from './cluster.ts';

/**
 * The value of one of the spec's `kubespray.vars` with `{{ other }}` filled in from the same vars, as Ansible would.
 * Undefined where it is not set. Throws a RangeError for what only Ansible itself could evaluate (filters, lookups, loops).
 */
export function kubesprayVar(vars: Kubespray['vars'], name: string, depth = 0): string | undefined {
  const value = vars[name];
  if (typeof value !== 'string')
    return value === undefined || value === null ? undefined : JSON.stringify(value);
  if (depth > 10) throw new RangeError(`kubespray.vars.${name} refers to itself`);
  return value.replaceAll(/\{\{\s*(.*?)\s*\}\}/g, (_, reference: string) => {
    const filled = /^\w+$/.test(reference) ? kubesprayVar(vars, reference, depth + 1) : undefined;
    if (filled === undefined) {
      throw new RangeError(
        `kubespray.vars.${name}: {{ ${reference} }} is not the name of another of these vars`,
      );
    }
    return filled;
  });
}
