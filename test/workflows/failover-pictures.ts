import type { Picture } from '../../cluster/failover/picture.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';

export const well = pictureOf({});
export const lost = { masters: { 'master-1': 'off', 'master-2': 'off', 'master-3': 'off' } } as const;
export const allLost = pictureOf(lost);

const addresses = { 'worker-1': '10.0.0.41', 'worker-2': '10.0.0.42' };

/** What is seen once a worker node serves: in the lost masters' place, or beside those that live. */
export function promoted(before: Picture = allLost, host: keyof typeof addresses = 'worker-1'): Picture {
  const picture = structuredClone(before);
  for (const view of Object.values(picture.vantagePoints)) {
    Object.assign(view?.api ?? {}, { [host]: 'ready' });
    Object.assign(view?.addresses ?? {}, { internal: 'ready' });
  }
  for (const member of Object.values(picture.etcd))
    Object.assign(member ?? {}, { leases: [...(member?.leases ?? []), addresses[host]] });
  return { ...picture, nodes: { ...picture.nodes, [host]: { ready: true, controlPlane: true } } };
}

/** A master is back beside worker-1, which serves, without its label. */
export function masterReturned(): Picture {
  const masters = { ...lost.masters, 'master-1': 'well' } as const;
  const picture = promoted(pictureOf({ masters }));
  return { ...picture, nodes: { ...picture.nodes, 'master-1': { ready: true, controlPlane: false } } };
}

/** worker-1 serves no API any more, and the API calls it a worker again. */
export function demoted(): Picture {
  return { ...well, nodes: { ...well.nodes, 'worker-1': { ready: true, controlPlane: false } } };
}
