import { availabilityStory } from '../../support/availability-story.ts';
import { etcdLeader, signalUnit } from '../../support/parts.ts';

availabilityStory({
  story: 'etcd-leader-frozen',
  body: async (lab, run) => {
    const name = await etcdLeader(lab);
    await run.fault(
      `etcd of ${name}, the leader, frozen (SIGSTOP)`,
      await signalUnit(lab, name, 'etcd', 'STOP'),
    );
    await run.wait(12);
    await run.restored(await signalUnit(lab, name, 'etcd', 'CONT'));
    await run.wait(15);
  },
});
