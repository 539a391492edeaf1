import type { Picture } from '../../cluster/failover/picture.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';

export const well = pictureOf({});
export const allLost = pictureOf({ masters: { 'master-1': 'off', 'master-2': 'off', 'master-3': 'off' } });

/** What is seen once worker-1 serves: in the lost masters' place, or beside those that live. */
export function promoted(before: Picture = allLost): Picture {
  const picture = structuredClone(before);
  for (const view of Object.values(picture.vantagePoints)) {
    Object.assign(view?.api ?? {}, { 'worker-1': 'ready' });
    Object.assign(view?.addresses ?? {}, { internal: 'ready' });
  }
  for (const member of Object.values(picture.etcd))
    Object.assign(member ?? {}, { leases: [...(member?.leases ?? []), '10.0.0.41'] });
  return { ...picture, nodes: { ...picture.nodes, 'worker-1': { ready: true, controlPlane: true } } };
}

/** worker-1 serves no API any more, and the API calls it a worker again. */
export function demoted(): Picture {
  return { ...well, nodes: { ...well.nodes, 'worker-1': { ready: true, controlPlane: false } } };
}
