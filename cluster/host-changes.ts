import { changes } from './changes.ts';
import type { Cluster } from './cluster.ts';

/** Worker nodes that come or go, by name; or why it is something else that the spec asks for. */
export type HostChange = { readonly hosts: readonly string[] } | { readonly why: string };

const another = '`holdfast up` is for the rest of it, before or after this';

/** Which worker nodes the next spec has more than the last applied one, where that is all that differs. */
export function addedHosts(last: Cluster, next: Cluster): HostChange {
  return hostChange(last, next, 'from', 'has no host more than the spec applied last', next);
}

/** Which worker nodes the next spec has no more, where that is all that differs. */
export function removedHosts(last: Cluster, next: Cluster): HostChange {
  return hostChange(last, next, 'to', 'names every host of the spec applied last', last);
}

/** `absent`: the side of a difference on which the host is not; `known`: the spec that names it. */
function hostChange(
  last: Cluster,
  next: Cluster,
  absent: 'from' | 'to',
  none: string,
  known: Cluster,
): HostChange {
  const found = changes(last, next).filter(({ path }) => !ofThisMachine.test(path));
  const meant = found.filter((change) => isHost(change.path) && change[absent] === undefined);
  const rest = found.filter((change) => !meant.includes(change)).map(({ path }) => path);
  if (meant.length === 0) return { why: `the spec ${none}` };
  if (rest.length > 0) return { why: `the spec differs in more than that: ${rest.join(', ')}; ${another}` };
  const hosts = meant.map(({ path }) => path.slice('hosts.'.length));
  const others = known.hosts
    .filter(({ name, roles }) => hosts.includes(name) && (roles.length > 1 || roles[0] !== 'worker'))
    .map(({ name, roles }) => `${name} (${roles.join(', ')})`);
  if (others.length > 0) return { why: `only worker nodes alone come and go by it: ${others.join(', ')}` };
  return { hosts };
}

/** Where the worker keeps its key and the host keys: nothing of the cluster. */
const ofThisMachine = /^hosts\.[^.]+\.ssh\.(knownHosts|identityFile)$/;

const isHost = (path: string): boolean => /^hosts\.[^.]+$/.test(path);
