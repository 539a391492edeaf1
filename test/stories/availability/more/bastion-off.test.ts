import { expect } from 'vitest';
import { availabilityStory } from '../../support/availability-story.ts';
import { unhurried, until } from '../../support/holdfast.ts';
import { failoverOf } from '../../support/promotion.ts';
import { withWebhook } from '../../support/webhook.ts';

availabilityStory({
  story: 'bastion-off',
  clients: ['worker-3'],
  body: (lab, run) =>
    withWebhook(lab, async (told) => {
      await until(
        'failover watches',
        2,
        () => failoverOf(lab),
        (status) => status?.state === 'watching',
        unhurried,
      );
      const begun = new Date().toISOString();
      try {
        await run.fault('bastion-1 powered off', () => lab.power('bastion-1', 'off'));
        const blind = await until(
          'failover says that it sees nothing, and tells the webhook',
          2,
          () => failoverOf(lab),
          (status) => status?.waitingFor?.reason === 'blind' && told.some(({ notice }) => isBlind(notice)),
        );
        const first = told.find(({ notice }) => isBlind(notice));
        run.figures.webhook = ((first?.at ?? Infinity) - (run.at.fault ?? 0)) / 1000;
        expect(blind?.promoted).toEqual([]);
        await run.wait(20);
      } finally {
        await run.restored(() => lab.power('bastion-1', 'on'));
      }
      const well = await until(
        'failover watches again',
        4,
        () => failoverOf(lab),
        (status) => status?.state === 'watching' && status.waitingFor === undefined,
        unhurried,
      );
      const since = well?.events.filter(({ at }) => at >= begun) ?? [];
      expect(since.filter(({ what }) => /promotion|heal/.test(what))).toEqual([]);
    }),
});

const isBlind = (notice: object) => JSON.stringify(notice).includes('blind');
