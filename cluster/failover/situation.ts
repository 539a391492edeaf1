import { hostsWithRole } from '../cluster.ts';
import type { Cluster, ClusterHost } from '../cluster.ts';
import { held } from '../host-addresses.ts';
import { candidateHosts, namesOf } from '../hosts-of.ts';
import type { Readiness, Situation } from './decision.ts';
import type { Picture } from './picture.ts';

/** What failover learned since the spec was applied. */
export interface Learned {
  /** Worker nodes that were promoted. */
  readonly promoted: readonly string[];
  /** Control-plane nodes of the spec that a person removed for good. */
  readonly forgotten: readonly string[];
  /** Control-plane nodes that a spec has added and that have never served: no part of the control plane yet. */
  readonly joining: readonly string[];
  /** Promoted worker nodes whose demotion broke off, and that were not seen to serve since. */
  readonly halfDemoted: readonly string[];
  readonly readiness: Readonly<Record<string, Readiness>>;
  readonly leaveAlone: Readonly<Record<string, number>>;
}

type Members = Pick<Learned, 'promoted' | 'forgotten' | 'joining' | 'halfDemoted'>;

/** The spec's control-plane nodes less those forgotten or never seen to serve, then those promoted, if not half demoted. */
export function controlPlaneHosts(
  spec: Cluster,
  { promoted, forgotten, joining, halfDemoted }: Members,
): readonly ClusterHost[] {
  const own = hostsWithRole(spec, 'control-plane').filter(
    ({ name }) => !forgotten.includes(name) && !joining.includes(name),
  );
  const serving = promoted.filter((name) => !halfDemoted.includes(name));
  return [...own, ...spec.hosts.filter((host) => serving.includes(host.name) && !own.includes(host))];
}

/** Candidates of the spec that are not promoted, in order of preference. */
export function openCandidates(spec: Cluster, learned: Members): readonly ClusterHost[] {
  // No node would find the promoted one.
  if (!spec.loadBalancer) return [];
  const serving = controlPlaneHosts(spec, learned);
  return candidateHosts(spec).filter((host) => !serving.includes(host));
}

/** A promoted worker node that is none of the control plane any more: the API calls it a worker, and it serves nothing. */
export function isDemoted({ vantagePoints, nodes }: Picture, host: string): boolean {
  const node = nodes?.[host];
  const answers = Object.values(vantagePoints).flatMap((view) => view?.api[host] ?? []);
  const refused = answers.length > 0 && answers.every((answer) => answer === 'refused');
  return refused && node?.ready === true && !node.controlPlane;
}

/** A worker node that is one of the control plane: the API calls it that, and it serves. */
export function isPromoted(picture: Picture, host: string): boolean {
  const node = picture.nodes?.[host];
  return serves(picture, host) && node?.ready === true && node.controlPlane;
}

/** Whoever asks its API server finds it ready. */
export function serves({ vantagePoints }: Picture, host: string): boolean {
  const answers = Object.values(vantagePoints).flatMap((view) => view?.api[host] ?? []);
  return answers.length > 0 && answers.every((answer) => answer === 'ready');
}

export function situationOf(
  spec: Cluster,
  learned: Learned,
  now: Pick<Situation, 'change' | 'approved' | 'paused' | 'rules'> & {
    readonly promoting?: string | undefined;
  },
): Situation {
  const { mode, promoteBelow, confirmForSeconds, healsAnHour } = spec.failover;
  const { promoting, ...rest } = now;
  const candidate = spec.hosts.find(({ name }) => name === promoting);
  return {
    cluster: spec.name,
    controlPlane: controlPlaneHosts(spec, learned).map(held),
    candidates: openCandidates(spec, learned).map(held),
    etcd: namesOf(hostsWithRole(spec, 'etcd')),
    balancers: namesOf(hostsWithRole(spec, 'load-balancer')),
    policy: { mode, promoteBelow, confirmForMs: confirmForSeconds * 1000, healsAnHour },
    readiness: learned.readiness,
    leaveAlone: learned.leaveAlone,
    ...(candidate && { promoting: held(candidate) }),
    ...rest,
  };
}
