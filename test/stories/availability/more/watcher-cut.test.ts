import { execa } from 'execa';
import { expect } from 'vitest';
import { availabilityStory } from '../../support/availability-story.ts';
import { unhurried, until } from '../../support/holdfast.ts';
import { failoverOf } from '../../support/promotion.ts';

/** What the machine itself sends to the lab's hosts is lost; between each other they go on. */
const cut = (subnet: string, action: 'add' | 'del') =>
  execa('ip', ['rule', action, 'pref', '10', 'to', subnet, 'blackhole']);

availabilityStory({
  story: 'watcher-cut',
  body: async (lab, run) => {
    const { subnet } = lab.lab.network;
    const begun = new Date().toISOString();
    try {
      await run.fault('the network of the Temporal worker cut', () => cut(subnet, 'add'));
      const blind = await until(
        'failover says that it sees nothing',
        2,
        () => failoverOf(lab),
        (status) => status?.waitingFor?.reason === 'blind',
        unhurried,
      );
      run.figures.blind = run.seconds;
      expect(blind?.promoted).toEqual([]);
      await run.wait(Math.max(0, 120 - run.seconds));
    } finally {
      await run.restored(() => cut(subnet, 'del'));
    }
    const well = await until(
      'failover watches again',
      3,
      () => failoverOf(lab),
      (status) => status?.state === 'watching' && status.waitingFor === undefined,
      unhurried,
    );
    run.figures.watchesAgain = run.seconds - 120;
    const since = well?.events.filter(({ at }) => at >= begun) ?? [];
    expect(since.filter(({ what }) => /promotion|heal/.test(what))).toEqual([]);
  },
});
