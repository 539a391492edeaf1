import { expect } from 'vitest';
import { hostsWithRole } from '../../../../cluster/cluster.ts';
import { availabilityStory } from '../../support/availability-story.ts';
import { until } from '../../support/holdfast.ts';
import {
  type Before,
  expectMastersBack,
  failoverOf,
  forget,
  noteBefore,
  objects,
  untilPromoted,
} from '../../support/promotion.ts';
import { untilServes } from '../../support/serves.ts';
import { demoted } from '../../support/way-back.ts';

let before: Before;

/** All masters lose their power, and the worker node that is promoted loses its own meanwhile: the next one is promoted. */
availabilityStory({
  story: 'candidate-off',
  body: async (lab, run) => {
    const masters = hostsWithRole(lab.cluster, 'control-plane').map(({ name }) => name);
    const [first = ''] = lab.cluster.failover.candidates;
    before = await noteBefore(lab, []);
    await run.fault(`${masters.join(', ')} powered off`, () =>
      Promise.all(masters.map((host) => lab.power(host, 'off'))),
    );
    await until(
      'a promotion begins',
      3,
      () => failoverOf(lab),
      (found) => found?.state === 'promoting',
    );
    await lab.power(first, 'off');
    run.figures.candidateOff = run.seconds;
    await untilServes(lab);
    const promoted = await untilPromoted(lab);
    expect(promoted).not.toBe(first);
    expect(await objects(lab)).toBe(before.objects);
    await run.restored(() => Promise.all([...masters, first].map((host) => lab.power(host, 'on'))));
    await expectMastersBack(lab, masters, before);
    await run.wait(20);
  },
  afterwards: async (lab) => {
    expect(await objects(lab)).toBe(before.objects);
    await forget(lab);
    await demoted(lab);
  },
});
