import { hostsWithRole } from './cluster.ts';
import type { Cluster, Role } from './cluster.ts';
import { differences } from './differences.ts';
import type { Difference } from './differences.ts';

/** One difference between the last applied spec and the next. */
export interface Change {
  /** As in `kubernetes.version`, `hosts.worker-4`. */
  readonly path: string;
  /** As text; undefined: it was not there. */
  readonly from?: string;
  /** As text; undefined: it is gone. */
  readonly to?: string;
  /** Whether `up` may make the change. */
  readonly allowed: boolean;
  /** What the change means; of a refused one why, and the verb that does it, or that none does yet. */
  readonly why: string;
}

/** How the next spec differs from the last applied one, and what of it `up` refuses. In the order of the spec. */
export function changes(last: Cluster, next: Cluster): readonly Change[] {
  return [...differences(last, next).map((each) => judged(each, last, next)), ...firstPlaces(last, next)];
}

function judged(difference: Difference, last: Cluster, next: Cluster): Change {
  const refused = refusal(difference, last, next);
  return { ...difference, allowed: refused === undefined, why: refused ?? meaning(difference, next) };
}

const refusedPaths: Readonly<Record<string, string>> = {
  name: 'another name is another cluster: give it a spec of its own',
  'kubernetes.version': 'an upgrade goes node by node; no verb does it yet',
  'kubernetes.podCidr': 'running pods keep their addresses; no verb does it, make a new cluster',
  'kubernetes.serviceCidr':
    'certificates and services keep their addresses; no verb does it, make a new cluster',
  'kubernetes.ipv6.podCidr':
    'nodes and running pods keep their addresses; no verb does it, make a new cluster',
  'kubernetes.ipv6.serviceCidr': 'services keep their addresses; no verb does it, make a new cluster',
  'kubernetes.network': 'two network plugins cannot take turns; no verb does it, make a new cluster',
};

function refusal({ path, from, to }: Difference, last: Cluster, next: Cluster): string | undefined {
  if (Object.hasOwn(refusedPaths, path)) return refusedPaths[path];
  if (path === 'loadBalancer.existing' && last.loadBalancer && next.loadBalancer)
    return 'two would carry the address, or none; no verb moves a cluster from one load balancer to the other yet';
  if (path === 'bastion.exclusive' && to === undefined && last.bastion?.exclusive)
    return 'SSH on the hosts stays closed to all but the bastions; write bastion: { exclusive: false }';
  const [, name, key] = /^hosts\.([^.]+)(?:\.(.+))?$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (key === undefined) return to === undefined ? removalRefusal(name, last) : undefined;
  if (key === 'etcdMember')
    return 'a member keeps the name that it joined with; write the one that etcd tells (etcdctl member list)';
  if (key === 'ip6') return 'the node is registered with it; remove the host and add it again';
  if (key === 'address' || key === 'ip')
    return 'certificates carry the address; remove the host and add it under a new name; no verb does it yet';
  if (key === 'roles' && from !== undefined && to !== undefined) return rolesRefusal(name, last, next);
  return undefined;
}

function removalRefusal(name: string, { hosts }: Cluster): string {
  const roles = hosts.find((host) => host.name === name)?.roles ?? [];
  return roles.join() === 'worker'
    ? 'a worker node is drained and wiped before it goes: holdfast host remove SPEC'
    : 'a removed host must be drained and reset; no verb does it yet for other than worker nodes';
}

/** Roles that hold state, or that Kubespray would leave behind. */
const staying: readonly Role[] = ['etcd', 'control-plane', 'worker', 'nfs-server'];

function rolesRefusal(name: string, last: Cluster, next: Cluster): string | undefined {
  const rolesIn = ({ hosts }: Cluster) => hosts.find((host) => host.name === name)?.roles ?? [];
  const lost = rolesIn(last).filter((role) => staying.includes(role) && !rolesIn(next).includes(role));
  if (lost.length > 0)
    return `taking ${lost.join(' and ')} off a host needs a reset of it; no verb does it yet`;
  if (
    !rolesIn(last).includes('control-plane') &&
    rolesIn(next).includes('control-plane') &&
    rolesIn(last).includes('worker')
  )
    return 'Kubespray takes a worker node for joined already and would not make it a control-plane node; `holdfast promote` does it when the others are lost, no verb does it yet before';
  return undefined;
}

function meaning({ path, to }: Difference, next: Cluster): string {
  if (/^hosts\.[^.]+$/.test(path)) return to === undefined ? 'a host goes' : 'a new host joins';
  if (path.startsWith('loadBalancer.') && next.loadBalancer?.existing)
    return 'how all reach the API; the load balancer itself is yours to change';
  if (path.startsWith('loadBalancer.'))
    return 'the load balancers get new settings; clients may have to reconnect';
  if (path === 'bastion.exclusive')
    return next.bastion?.exclusive ? 'SSH closes to all but the bastions' : 'SSH opens again';
  return 'applied by the steps that use it';
}

/** A host without state that stands first makes Kubespray believe that the cluster is new: it makes a new CA. */
function firstPlaces(last: Cluster, next: Cluster): Change[] {
  return (['control-plane', 'etcd'] as const).flatMap((role): Change[] => {
    const before = hostsWithRole(last, role);
    const [was, is] = [before[0], hostsWithRole(next, role)[0]];
    if (!was || !is || before.some(({ name }) => name === is.name)) return [];
    return [
      {
        path: `hosts (first ${role})`,
        from: was.name,
        to: is.name,
        allowed: false,
        why: `${is.name} holds no state yet: in first place Kubespray would make a new CA on it; put it after ${was.name}`,
      },
    ];
  });
}
