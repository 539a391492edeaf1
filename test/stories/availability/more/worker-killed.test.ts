import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostsWithRole } from '../../../../cluster/cluster.ts';
import { expectUntouched } from '../../support/containers.ts';
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
import { type StoryLab, poweredOn, settled, storyLab } from '../../support/story-lab.ts';
import { demoted } from '../../support/way-back.ts';
import { killWorker } from '../../support/worker-process.ts';

const times = Number(process.env.HOLDFAST_KILLS ?? 10);

describe('the Temporal worker is killed while a worker node is promoted', () => {
  let lab: StoryLab;
  beforeAll(async () => void (lab = await storyLab()));
  afterAll(() => lab.close());
  // A kill that ended badly must not be the end of those after it.
  beforeEach(async () => {
    await poweredOn(lab);
    await settled(lab);
    await demoted(lab);
  });

  for (let n = 0; n < times; n += 1)
    it(`which comes to its end all the same (${n + 1} of ${times})`, async () => {
      const masters = hostsWithRole(lab.cluster, 'control-plane').map(({ name }) => name);
      const before = await noteBefore(lab, lab.cluster.failover.candidates);
      await Promise.all(masters.map((host) => lab.power(host, 'off')));
      await promotedThough(lab, before);
      await Promise.all(masters.map((host) => lab.power(host, 'on')));
      await expectMastersBack(lab, masters, before);
      await forget(lab);
      await settled(lab);
      await demoted(lab);
    });
});

async function promotedThough(lab: StoryLab, before: Before): Promise<void> {
  const begun = new Date().toISOString();
  await until(
    'a promotion begins',
    3,
    () => failoverOf(lab),
    (found) => found?.state === 'promoting',
  );
  const ms = Math.random() * 9000;
  await new Promise((resolve) => setTimeout(resolve, ms));
  await killWorker(lab.holdfast);
  expect(await lab.holdfast.run(['dev'], 2)).toMatchObject({ code: 0 });
  const promoted = await untilPromoted(lab);
  console.log(`killed ${(ms / 1000).toFixed(1)} s after the promotion began: ${promoted} serves`);
  const events = (await failoverOf(lab))?.events.filter(({ at }) => at >= begun) ?? [];
  expect(events.filter(({ what }) => /^the promotion of \S+ begins/.test(what))).toHaveLength(1);
  expect(await objects(lab)).toBe(before.objects);
  await expectUntouched(lab, promoted, before.containers.get(promoted) ?? '');
}
