import { quorum } from '../promotion.ts';
import type { HealPart } from './decision.ts';
import type { Condition } from './holds.ts';
import {
  addressDeadFor,
  apiSilentFor,
  apiUnreadyFor,
  balancerIllFor,
  etcdIllFor,
  unmarkedFor,
  unregisteredFor,
} from './limits.ts';
import type { AddressName } from './picture.ts';
import { type Scene, isLeftAlone, isReachable } from './scene.ts';
import { apiAnswersOnly, apiIsReady, byMajority } from './sight.ts';

/** What holdfast can put right by itself, on a host that lives. */
export interface Ailment extends Condition {
  readonly part: HealPart;
  readonly host: string;
  readonly why: string;
}

/** Most urgent first. While activities of a change run, what is down may be so on purpose. */
export function ailments(scene: Scene): Ailment[] {
  if (scene.situation.change === 'running') return [];
  const all = [
    ...etcdMembers(scene),
    ...apiServers(scene),
    ...balancers(scene),
    ...registrations(scene),
    ...marks(scene),
  ];
  return all.map((one) => ({ ...one, is: one.is && mayTouch(scene, one.host) }));
}

function mayTouch(scene: Scene, host: string): boolean {
  return isReachable(scene, host) && !isLeftAlone(scene, host);
}

/** Without the quorum each member looks ill; then healing is worth it only where the hosts for one live. */
function etcdMembers(scene: Scene): Ailment[] {
  const { etcd } = scene.situation;
  const living = etcd.filter((host) => mayTouch(scene, host)).length;
  const helps = scene.healthyMembers.length > 0 || living >= quorum(etcd.length);
  return etcd.map((host) => ({
    name: `etcd:${host}`,
    part: 'etcd',
    host,
    is: helps && scene.picture.etcd[host]?.healthy === false,
    after: etcdIllFor,
    why: `etcd on ${host} takes no part in the quorum`,
  }));
}

/** Without etcd no API server can be ready, and starting it again would not help. */
function apiServers(scene: Scene): Ailment[] {
  const { sight, situation } = scene;
  const etcdLives = scene.healthyMembers.length > 0;
  return situation.controlPlane.flatMap(({ name: host }): Ailment[] => [
    {
      name: `api-silent:${host}`,
      part: 'api-server',
      host,
      is: etcdLives && apiAnswersOnly(sight, host, ['refused', 'silent']),
      after: apiSilentFor,
      why: `${host} lives and its API server does not answer`,
    },
    {
      name: `api-unready:${host}`,
      part: 'api-server',
      host,
      is: etcdLives && apiAnswersOnly(sight, host, ['refused', 'silent', 'unready']),
      after: apiUnreadyFor,
      why: `the API server of ${host} does not become ready`,
    },
  ]);
}

function balancers(scene: Scene): Ailment[] {
  const { situation, picture } = scene;
  const ill = situation.balancers.map((host): Ailment => {
    const view = picture.balancers[host];
    const units = [view?.haproxy === false && 'haproxy', view?.keepalived === false && 'keepalived'];
    const down = units.filter((unit) => unit !== false);
    return {
      name: `balancer:${host}`,
      part: 'load-balancer',
      host,
      is: down.length > 0,
      after: balancerIllFor,
      why: `${down.join(' and ')} on ${host} does not work`,
    };
  });
  return [...ill, ...deadAddress(scene, 'internal'), ...deadAddress(scene, 'external')];
}

/** Every balancer calls itself well. Whoever holds the address comes first, the others where that did not help. */
function deadAddress(scene: Scene, address: AddressName): Ailment[] {
  const { situation, picture } = scene;
  const undisturbed = !situation.balancers.some((host) => isLeftAlone(scene, host));
  const is = undisturbed && isUnanswered(scene, address);
  const holds = (host: string) => picture.balancers[host]?.holds.includes(address) === true;
  return situation.balancers
    .toSorted((a, b) => Number(holds(b)) - Number(holds(a)))
    .map((host) => ({
      name: `address:${address}`,
      part: 'load-balancer',
      host,
      is: is && (picture.balancers[host] ?? null) !== null,
      after: addressDeadFor,
      why: `nothing answers at the ${address} address although an API server is ready`,
    }));
}

export function isUnanswered({ situation, sight }: Scene, address: AddressName): boolean {
  const answers = sight.heard.map(({ addresses }) => addresses[address]);
  if (answers.includes('ready') || answers.includes('unready')) return false;
  return (
    byMajority(sight, ({ addresses }) => addresses[address] !== undefined) &&
    situation.controlPlane.some(({ name }) => apiIsReady(sight, name))
  );
}

/** Who was only cut off while its Node object was deleted serves the API again, and is no node of it. */
function registrations(scene: Scene): Ailment[] {
  return scene.situation.controlPlane.map(({ name: host }) => ({
    name: `node:${host}`,
    part: 'kubelet',
    host,
    is: isUnregistered(scene, host),
    after: unregisteredFor,
    why: `${host} serves the API and is no node of it: its kubelet registers only when it starts`,
  }));
}

export function isUnregistered({ picture: { nodes }, sight }: Scene, host: string): boolean {
  return nodes !== null && !Object.hasOwn(nodes, host) && apiIsReady(sight, host);
}

/** Who was lost and returns registers without label and taint. */
function marks(scene: Scene): Ailment[] {
  return scene.situation.controlPlane.map(({ name: host }) => ({
    name: `marks:${host}`,
    part: 'node-marks',
    host,
    is: isUnmarked(scene, host),
    // Whoever brings a node back and marks it is a change, beside which nothing is healed.
    after: scene.situation.rules >= 6 ? 0 : unmarkedFor,
    why: `the node ${host} lacks the label node-role.kubernetes.io/control-plane`,
  }));
}

/** Marked while it is not Ready yet: from then on anything may be scheduled on a node without the taint. */
export function isUnmarked({ picture: { nodes }, situation: { rules } }: Scene, host: string): boolean {
  const node = nodes?.[host];
  return node !== undefined && !node.controlPlane && (node.ready || rules >= 4);
}
