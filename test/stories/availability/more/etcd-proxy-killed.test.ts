import { availabilityStory } from '../../support/availability-story.ts';
import { signalUnit } from '../../support/parts.ts';

availabilityStory({
  story: 'etcd-proxy-killed',
  body: async (lab, run) => {
    const kill = await signalUnit(lab, 'master-1', 'holdfast-etcd-proxy', 'KILL');
    await run.fault('the local proxy before etcd on master-1 killed', kill);
    await run.wait(15);
  },
});
