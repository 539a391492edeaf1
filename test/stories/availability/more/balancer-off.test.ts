import { availabilityStory } from '../../support/availability-story.ts';
import { holder } from '../../support/parts.ts';

availabilityStory({
  story: 'balancer-off',
  body: async (lab, run) => {
    const name = await holder(lab);
    await run.fault(`${name}, which holds the internal address, powered off`, () => lab.power(name, 'off'));
    await run.wait(15);
    await run.restored(() => lab.power(name, 'on'));
    await run.wait(20);
  },
});
