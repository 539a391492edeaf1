import { expect } from 'vitest';
import { hostsWithRole } from '../../../cluster/cluster.ts';
import type { AvailabilityStory } from './availability-story.ts';
import { expectUntouched } from './containers.ts';
import { type Before, expectMastersBack, forget, noteBefore, objects, untilPromoted } from './promotion.ts';
import { deploymentRuns, dnsAnswers, untilServes } from './serves.ts';
import { demoted } from './way-back.ts';

interface AllMasters {
  readonly story: string;
  /** Hosts that lose their power with the masters. */
  readonly alsoOff: readonly string[];
}

/** All masters lose their power at once; a worker node is promoted; they return; the worker node is demoted again. */
export function allMasters({ story, alsoOff }: AllMasters): AvailabilityStory {
  let before: Before;
  return {
    story,
    body: async (lab, run) => {
      const masters = hostsWithRole(lab.cluster, 'control-plane').map(({ name }) => name);
      const off = [...masters, ...alsoOff];
      const candidates = lab.cluster.failover.candidates;
      before = await noteBefore(lab, candidates);
      await run.fault(`${off.join(', ')} powered off`, () =>
        Promise.all(off.map((host) => lab.power(host, 'off'))),
      );
      await untilServes(lab);
      const served = run.seconds;
      await Promise.all([
        deploymentRuns(lab).then(() => (run.figures.deployment = run.seconds - served)),
        dnsAnswers(lab).then(() => (run.figures.dns = run.seconds - served)),
      ]);
      const promoted = await untilPromoted(lab);
      run.figures.promoted = run.seconds;
      expect(await objects(lab)).toBe(before.objects);
      await expectUntouched(lab, promoted, before.containers.get(promoted) ?? '');
      const back = run.seconds;
      await run.restored(() => Promise.all(off.map((host) => lab.power(host, 'on'))));
      await expectMastersBack(lab, masters, before);
      run.figures.mastersBack = run.seconds - back;
      await run.wait(20);
    },
    afterwards: async (lab) => {
      expect(await objects(lab)).toBe(before.objects);
      await forget(lab);
      await demoted(lab);
    },
  };
}
