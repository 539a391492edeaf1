import type { Cluster } from './cluster.ts';

/** One value that differs, by its path. `from`, `to`: as text, undefined where there is none. */
export interface Difference {
  readonly path: string;
  readonly from?: string;
  readonly to?: string;
}

/**
 * All values in which two clusters differ, in the order of the first, then what is new. Hosts are told apart by name;
 * a host that came or went is one difference. Lists are compared whole, and so is what `kubespray.vars` holds by name.
 */
export function differences(last: Cluster, next: Cluster): readonly Difference[] {
  return compare('', byName(last), byName(next));
}

function byName(cluster: Cluster): unknown {
  const hosts = cluster.hosts.map(({ name, ssh, ...host }) => [
    name,
    { ...host, ssh: { ...ssh, via: ssh.via?.name } },
  ]);
  return { ...cluster, hosts: Object.fromEntries(hosts) as unknown };
}

function compare(path: string, last: unknown, next: unknown): Difference[] {
  const whole = /^hosts\.[^.]+$/.test(path) && (last === undefined || next === undefined);
  if (!whole && (isMapping(last) || isMapping(next)) && !isLeaf(path)) {
    const [before, after] = [isMapping(last) ? last : {}, isMapping(next) ? next : {}];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      compare(path === '' ? key : `${path}.${key}`, before[key], after[key]),
    );
  }
  const [from, to] = [shown(path, last), shown(path, next)];
  if (from === to) return [];
  return [{ path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

/** One variable of Kubespray is one value, however deep. */
function isLeaf(path: string): boolean {
  return path.startsWith('kubespray.vars.');
}

function shown(path: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (/^hosts\.[^.]+$/.test(path)) return (value as { roles: string[] }).roles.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
