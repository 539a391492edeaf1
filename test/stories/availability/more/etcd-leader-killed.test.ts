import { availabilityStory } from '../../support/availability-story.ts';
import { etcdLeader, signalUnit } from '../../support/parts.ts';

availabilityStory({
  story: 'etcd-leader-killed',
  body: async (lab, run) => {
    const name = await etcdLeader(lab);
    await run.fault(`etcd of ${name}, the leader, killed`, await signalUnit(lab, name, 'etcd', 'KILL'));
    await run.wait(20);
  },
});
