import { allMasters } from '../../support/all-masters.ts';
import { availabilityStory } from '../../support/availability-story.ts';

availabilityStory(allMasters({ story: 'all-masters-and-etcd-off', alsoOff: ['etcd-3'] }));
