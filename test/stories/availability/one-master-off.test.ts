import { availabilityStory } from '../support/availability-story.ts';

availabilityStory({
  story: 'one-master-off',
  body: async (lab, run) => {
    await run.fault('master-2 powered off', () => lab.power('master-2', 'off'));
    await run.wait(20);
    await run.restored(() => lab.power('master-2', 'on'));
    await run.wait(25);
  },
});
