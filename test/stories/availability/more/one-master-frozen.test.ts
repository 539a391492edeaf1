import { availabilityStory } from '../../support/availability-story.ts';

availabilityStory({
  story: 'one-master-frozen',
  body: async (lab, run) => {
    await run.fault('master-2 frozen', () => lab.power('master-2', 'freeze'));
    await run.wait(20);
    await run.restored(() => lab.power('master-2', 'thaw'));
    await run.wait(20);
  },
});
