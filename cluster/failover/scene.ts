import { alarmsOf } from './alarms.ts';
import type { Situation } from './decision.ts';
import type { EtcdView, Observation, Picture } from './picture.ts';
import { type Sight, greets, livesAndGreets, sightOf } from './sight.ts';

/** One picture, read: what every judgement of it starts from. */
export interface Scene {
  readonly situation: Situation;
  readonly picture: Picture;
  readonly sight: Sight;
  /** By the watcher's clock. */
  readonly now: number;
  /** Since when this picture has been seen without a gap. */
  readonly since: number;
  /** Names of the etcd members that read linearizably: one is enough to know that the quorum lives. */
  readonly healthyMembers: readonly string[];
  /** Addresses of the API servers that hold a lease, by any of those reads. Undefined: not known, which is not none. */
  readonly leases: ReadonlySet<string> | undefined;
}

export function sceneOf({ picture, since, until }: Observation, situation: Situation): Scene {
  const healthy = Object.entries(picture.etcd).filter(
    (entry): entry is [string, EtcdView] => entry[1]?.healthy === true,
  );
  // Where no write is taken no lease is renewed: that there is none says nothing then.
  const tells = alarmsOf({ picture }).length === 0;
  const read = healthy.map(([, { leases }]) => leases).filter((leases) => leases !== null);
  return {
    situation,
    picture,
    sight: sightOf(picture, situation),
    now: until,
    since,
    healthyMembers: healthy.map(([name]) => name),
    leases: read.length > 0 && tells ? new Set(read.flat()) : undefined,
  };
}

/** It greets over SSH, or has just spoken for itself. */
export function isReachable(scene: Scene, host: string): boolean {
  const { picture } = scene;
  const spoke = picture.balancers[host] ?? picture.etcd[host] ?? null;
  return spoke !== null || isWithinReach(scene, host);
}

/** By SSH, which the bastion's is enough for. */
export function isWithinReach({ sight, situation: { rules } }: Scene, host: string): boolean {
  return rules >= 8 ? livesAndGreets(sight, host) : greets(sight, host);
}

/** What was seen while it was being broken on purpose says nothing of later. */
export function isLeftAlone({ situation, since }: Scene, host: string): boolean {
  return (situation.leaveAlone[host] ?? 0) > since;
}
