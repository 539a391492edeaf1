import { hostsWithRole } from '../cluster.ts';
import type { Cluster, ClusterHost } from '../cluster.ts';
import { quorum, whyNoPromotion } from '../promotion.ts';

export const drillStories = ['master', 'frozen-master', 'load-balancer', 'etcd', 'all-masters'] as const;
export type DrillStory = (typeof drillStories)[number];

export const isDrillStory = (text: string): text is DrillStory =>
  (drillStories as readonly string[]).includes(text);

/**
 * How a host is broken; each is put back by the host's own timer.
 * silence: it sends nothing any more, as after a power cut; `door`: but to SSH from the bastion.
 * frozen: kubelet and the control plane's processes stand still.
 * balancer: keepalived and haproxy stand still, and the addresses are gone.
 */
export type Breakage =
  | { readonly kind: 'silence'; readonly door: boolean }
  | { readonly kind: 'frozen' }
  | { readonly kind: 'balancer'; readonly addresses: readonly string[] };

/**
 * Silence, not stopped units, where a host is to look dead: a stopped API server refuses, and a refusal is noticed at
 * once, so clients would learn nothing of a power cut. For all-masters it is also the only way: a master whose SSH
 * greets is alive to failover, and stopping sshd would leave a person nothing but the console, also after the drill's
 * timer if sshd did not start again. Rules of the kernel's routing do not outlive a reboot, and take nothing with them.
 */
export function breakageOf(story: DrillStory, cluster: Cluster): Breakage {
  if (story === 'frozen-master') return { kind: 'frozen' };
  if (story === 'load-balancer') {
    const { internal, external } = cluster.loadBalancer ?? {};
    return { kind: 'balancer', addresses: [internal, external].flatMap((one) => one?.address ?? []) };
  }
  return { kind: 'silence', door: story !== 'all-masters' };
}

/** Seconds. */
export interface DrillTimes {
  /** Probing before anything is broken. */
  readonly before: number;
  /** How long it stays broken. */
  readonly broken: number;
  /** After which each host's own timer puts it back. */
  readonly timer: number;
  /** Probing once it is back. */
  readonly after: number;
}

/** Long enough that what takes over has to carry on; a promotion has to be seen through. */
export function drillTimes(story: DrillStory, seconds?: number): DrillTimes {
  // Nobody reaches a host that is silent to all: the timer alone puts it back.
  if (story === 'all-masters') {
    const broken = seconds ?? 150;
    // What is left over is for setting all timers, of which one may take a second attempt.
    return { before: 5, broken, timer: broken + 15, after: 60 };
  }
  const broken = seconds ?? 30;
  return { before: 5, broken, timer: broken + 60, after: 30 };
}

/** What a person is told before, and the report's heading. */
export function drillWords(story: DrillStory, hosts: readonly string[]): string {
  const named = hosts.join(', ') || 'one';
  return {
    master: `the control-plane node ${named} falls silent`,
    'frozen-master': `the control plane of ${named} stands still`,
    'load-balancer': `the load balancer ${named}, which holds the internal address, stands still`,
    etcd: `${named}, etcd’s leader, falls silent`,
    'all-masters': `all control-plane nodes fall silent (${named}), and a worker node is promoted for real`,
  }[story];
}

/** Why the spec does not allow this drill; undefined where it does. */
export function whyNoDrill(cluster: Cluster, story: DrillStory): string | undefined {
  const masters = hostsWithRole(cluster, 'control-plane');
  const members = hostsWithRole(cluster, 'etcd');
  const touched = { 'load-balancer': hostsWithRole(cluster, 'load-balancer'), etcd: members };
  const hosts = story === 'load-balancer' || story === 'etcd' ? touched[story] : masters;
  const bastion = hosts.find(({ roles }) => roles.includes('bastion'));
  if (bastion)
    return `${bastion.name} is the bastion too: it could not be put back, and there would be no prober`;
  if (story === 'load-balancer' && cluster.loadBalancer?.existing)
    return 'the load balancer is not holdfast’s to break: loadBalancer.existing';
  if (story === 'load-balancer' && hosts.length < 2) return 'there are no two load balancers';
  if (story === 'etcd' && members.length < 3) return `of ${members.length} etcd members none may be lost`;
  if ((story === 'master' || story === 'frozen-master') && masters.length < 2)
    return 'there is one control-plane node: its loss is the drill all-masters';
  if (story === 'all-masters') return whyNotAll(cluster, masters);
  return story === 'master' ? whyNotMaster(masters, members) : undefined;
}

function whyNotAll(cluster: Cluster, masters: readonly ClusterHost[]): string | undefined {
  if (cluster.failover.mode !== 'automatic') return 'failover.mode is manual: nothing would be promoted';
  const balancer = masters.find(({ roles }) => roles.includes('load-balancer'));
  if (balancer) return `${balancer.name} is a load balancer too: the addresses would be lost with it`;
  return whyNoPromotion(cluster);
}

/** A stacked member goes with its host. */
function whyNotMaster(masters: readonly ClusterHost[], members: readonly ClusterHost[]): string | undefined {
  const stacked = masters.some(({ roles }) => roles.includes('etcd'));
  return stacked && members.length - 1 < quorum(members.length)
    ? `of ${members.length} etcd members, which stand on the control plane, none may be lost`
    : undefined;
}
