import { expect, test } from 'vitest';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { Scene, useFailoverWorld } from './failover-world.ts';

const world = useFailoverWorld();
const off = { 'master-1': 'off', 'master-2': 'off', 'master-3': 'off' } as const;
const allLost = pictureOf({ masters: off });

test('when all masters are lost a worker node is promoted, and it is written down', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.until(({ picture, candidates }) => picture !== undefined && candidates['worker-1'] != null);
    scene.picture = allLost;
    const { promoted, controlPlane } = await story.until(({ promoted }) => promoted.length > 0);
    expect(promoted).toEqual(['worker-1']);
    expect(controlPlane).toEqual(['master-1', 'master-2', 'master-3', 'worker-1']);
  });
});
