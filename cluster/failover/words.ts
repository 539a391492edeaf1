import { isUnanswered, isUnmarked, isUnregistered } from './ailments.ts';
import { readinessOf } from './choose-candidate.ts';
import type { NamedHost } from './decision.ts';
import type { Condition } from './holds.ts';
import { degradedAfter, partedFor } from './limits.ts';
import { isLost } from './loss.ts';
import type { Scene } from './scene.ts';
import { apiAnswersOnly, apiIsReady, isSilent, showsLife, sshIsSilent } from './sight.ts';
import { alarmWords, alarmsOf } from './alarms.ts';
import { lacksQuorum } from './waits.ts';

/** A line of `degraded`: what is not as it should be. Holds no figure that moves by itself. */
export interface Word extends Condition {
  readonly words: string;
}

export function words(scene: Scene): Word[] {
  return [
    ...vantagePoints(scene),
    ...scene.situation.controlPlane.map((host) => word(`word:${host.name}`, controlPlaneNode(scene, host))),
    ...etcd(scene),
    ...balancers(scene),
    ...nodes(scene),
    ...candidates(scene),
    word('word:nfs', scene.picture.nfs === false && 'the NFS server does not answer'),
  ];
}

function word(name: string, words: string | false | undefined): Word {
  return { name, is: typeof words === 'string', after: degradedAfter, words: words || '' };
}

function vantagePoints({ picture, situation }: Scene): Word[] {
  const points = new Set([...Object.keys(picture.vantagePoints), ...situation.balancers]);
  return [...points].map((point) => {
    const heard = (picture.vantagePoints[point] ?? null) !== null;
    return word(`word:point:${point}`, !heard && `${point} is not heard from`);
  });
}

function controlPlaneNode(scene: Scene, host: NamedHost): string | undefined {
  const { sight, leases } = scene;
  const { name } = host;
  if (isLost(scene, host)) return `${name} is lost: silent, and without a lease in etcd`;
  if (isSilent(sight, name))
    return leases === undefined
      ? `${name} is silent, and whether it has a lease in etcd is not known`
      : `${name} is silent, yet its API server holds a lease in etcd`;
  if (apiAnswersOnly(sight, name, ['refused', 'silent'])) return `the API server of ${name} does not answer`;
  if (apiAnswersOnly(sight, name, ['refused', 'silent', 'unready']))
    return `the API server of ${name} is not ready`;
  // Where too few are heard to judge, that is the word.
  if (sight.heard.length >= sight.majority && !apiIsReady(sight, name))
    return showsLife(sight, name)
      ? `the API server of ${name} is ready for some vantage points only`
      : `${name} is not seen`;
  return undefined;
}

function etcd(scene: Scene): Word[] {
  const members = scene.situation.etcd.map((host) => {
    const view = scene.picture.etcd[host] ?? null;
    const ill = view === null ? 'is not heard from' : !view.healthy && 'takes no part in the quorum';
    return word(`word:etcd:${host}`, ill && `etcd on ${host} ${ill}`);
  });
  const views = Object.values(scene.picture.etcd);
  const fills = views.some((view) => view?.fills === true) && alarmsOf(scene).length === 0;
  return [
    ...members,
    { ...word('word:parted', partedWords(scene)), after: partedFor },
    word('word:quorum', lacksQuorum(scene) && 'etcd has no quorum'),
    word('word:alarm', alarmsOf(scene).length > 0 && alarmWords(scene)),
    word('word:fills', fills && 'the database of etcd takes more than 80 % of its quota'),
  ];
}

/** Each has its quorum, and not from the same members: what one holds the other does not. Left by a restore without some. */
function partedWords({ healthyMembers, picture, situation }: Scene): string | undefined {
  const followed = new Map<string, string[]>();
  for (const member of healthyMembers) {
    const leader = picture.etcd[member]?.leader;
    if (leader) followed.set(leader, [...(followed.get(leader) ?? []), member]);
  }
  if (situation.rules < 7 || followed.size < 2) return undefined;
  const parts = [...followed].map(([leader, members]) => `${leader} leads ${members.toSorted().join(', ')}`);
  return `etcd is more than one cluster: ${parts.toSorted().join('; ')}`;
}

function balancers(scene: Scene): Word[] {
  const { picture, situation } = scene;
  const views = situation.balancers.map((host) => ({ host, view: picture.balancers[host] ?? null }));
  const units = (['haproxy', 'keepalived'] as const).flatMap((unit) =>
    views.map(({ host, view }) =>
      word(`word:${unit}:${host}`, view?.[unit] === false && `${unit} on ${host} does not work`),
    ),
  );
  const addresses = (['internal', 'external'] as const).flatMap((address) => {
    const holders = views.filter(({ view }) => view?.holds.includes(address)).map(({ host }) => host);
    const nobody =
      address === 'internal' && holders.length === 0 && views.length > 0 && views.every(({ view }) => view);
    return [
      word(
        `word:address:${address}`,
        isUnanswered(scene, address) && `nothing answers at the ${address} address`,
      ),
      word(
        `word:holders:${address}`,
        holders.length > 1
          ? `${holders.join(' and ')} both hold the ${address} address`
          : nobody && `no load balancer holds the ${address} address`,
      ),
    ];
  });
  return [...units, ...addresses];
}

function nodes(scene: Scene): Word[] {
  const { picture, situation } = scene;
  if (picture.nodes === null) return [];
  const seen = picture.nodes;
  const unready = Object.keys(seen).filter((name) => seen[name]?.ready === false);
  const unmarked = situation.controlPlane.map(({ name }) => name).filter((name) => isUnmarked(scene, name));
  const absent = situation.controlPlane.map(({ name }) => name).filter((name) => isUnregistered(scene, name));
  return [
    word('word:absent', absent.length > 0 && `no nodes of the cluster, though they serve: ${some(absent)}`),
    word('word:nodes', unready.length > 0 && `not Ready: ${some(unready)}`),
    word('word:marks', unmarked.length > 0 && `without the control-plane label: ${some(unmarked)}`),
  ];
}

function candidates({ situation, sight }: Scene): Word[] {
  return situation.candidates.map((host) => {
    const known = readinessOf(situation.readiness, host);
    const why = sshIsSilent(sight, host.name)
      ? 'it does not answer over SSH'
      : known?.problem && (known.why ?? known.problem);
    return word(`word:candidate:${host.name}`, why && `${host.name} could not be promoted: ${why}`);
  });
}

function some(names: readonly string[]): string {
  const rest = names.length - 5;
  const first = names.toSorted().slice(0, 5).join(', ');
  return rest > 0 ? `${first} and ${rest} more` : first;
}
