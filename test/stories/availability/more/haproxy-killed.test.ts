import { availabilityStory } from '../../support/availability-story.ts';
import { holder, signalUnit } from '../../support/parts.ts';

availabilityStory({
  story: 'haproxy-killed',
  body: async (lab, run) => {
    const name = await holder(lab);
    const kill = await signalUnit(lab, name, 'haproxy', 'KILL');
    await run.fault(`haproxy of ${name}, which holds the internal address, killed`, kill);
    await run.wait(15);
  },
});
