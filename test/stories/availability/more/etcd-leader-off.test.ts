import { availabilityStory } from '../../support/availability-story.ts';
import { etcdLeader } from '../../support/parts.ts';

availabilityStory({
  story: 'etcd-leader-off',
  body: async (lab, run) => {
    const name = await etcdLeader(lab);
    await run.fault(`${name}, the etcd leader's host, powered off`, () => lab.power(name, 'off'));
    await run.wait(20);
    await run.restored(() => lab.power(name, 'on'));
    await run.wait(20);
  },
});
