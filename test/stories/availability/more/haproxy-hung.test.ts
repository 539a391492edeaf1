import { availabilityStory } from '../../support/availability-story.ts';
import { holder, signalUnit } from '../../support/parts.ts';

availabilityStory({
  story: 'haproxy-hung',
  body: async (lab, run) => {
    const name = await holder(lab);
    const stop = await signalUnit(lab, name, 'haproxy', 'STOP');
    await run.fault(`haproxy of ${name}, which holds the internal address, hung (SIGSTOP)`, stop);
    await run.wait(15);
    await run.restored(await signalUnit(lab, name, 'haproxy', 'CONT'));
    await run.wait(15);
  },
});
