import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type RestoreChoice,
  type RestoreLook,
  ago,
  choose,
  inOrder,
  lossText,
  mostSources,
} from '../../../cluster/restore/offer.ts';
import { exampleCluster } from '../example.ts';
import { backup, broken, lookAt, memberOf, minutes, noon, ofMember, someSources, unopened } from './looks.ts';

const cluster = exampleCluster('twelve-hosts');
const names = (sources: readonly { readonly name: string }[]) => sources.map(({ name }) => name);

describe('the order of what can be restored', () => {
  it('begins with the highest revision, whatever the clocks say, and ends with what cannot serve', () => {
    const ahead = { ...backup, at: noon + minutes(60) };
    expect(inOrder([broken, ahead, ofMember])).toEqual([ofMember, ahead, broken]);
  });

  it('puts what has no revision yet before all that was written earlier', () => {
    const unread = unopened(backup);
    const later = { ...unread, name: 'later', at: ofMember.at + 1 };
    expect(inOrder([ofMember, unread, later])).toEqual([later, ofMember, unread]);
  });

  it('never hides the highest revision behind a lower one, where one between them has none', () => {
    const at = (n: number) => noon - minutes(n);
    const high = { ...ofMember, name: 'high', revision: 20, at: at(3) };
    const unread = { name: 'unread', kind: 'backup', hosts: [], at: at(2) } as const;
    const low = { ...ofMember, name: 'low', revision: 10, at: at(1) };
    for (const given of [
      [low, unread, high],
      [high, unread, low],
    ])
      expect(names(inOrder(given))).toEqual(['unread', 'high', 'low']);
  });

  it('is one order, in whichever the sources were found', () => {
    fc.assert(
      fc.property(
        someSources.chain((found) =>
          fc.tuple(
            fc.constant(found),
            fc.shuffledSubarray([...found], { minLength: found.length, maxLength: found.length }),
          ),
        ),
        ([found, shuffled]) => {
          expect(names(inOrder(shuffled))).toEqual(names(inOrder(found)));
        },
      ),
    );
  });

  it('puts none that serves behind one of a lower revision, and none without a revision behind an earlier one', () => {
    fc.assert(
      fc.property(someSources, (found) => {
        const order = inOrder(found);
        expect(order).toHaveLength(Math.min(found.length, mostSources));
        for (const [i, later] of order.entries())
          for (const first of order.slice(0, i)) {
            if (first.problem !== undefined) expect(later.problem).toBeDefined();
            if (later.problem !== undefined || first.revision === undefined) continue;
            if (later.revision === undefined) expect(first.at).toBeGreaterThanOrEqual(later.at);
            else expect(first.revision).toBeGreaterThanOrEqual(later.revision);
          }
      }),
    );
  });
});

describe('what would be restored', () => {
  const look = lookAt(cluster);

  it('is the first of the offer, or what a person names, on every member that can take it', () => {
    expect(choose(look)).toEqual({ source: ofMember, members: look.members, bump: 1_000_000_000 });
    expect(choose(lookAt(cluster, ['etcd-1']), backup.name)).toEqual({
      source: backup,
      members: [memberOf('etcd-2'), memberOf('etcd-3')],
      bump: 1_000_000_711,
    });
  });

  it('raises the revision above all that is known, where an earlier restore has raised it already too', () => {
    const restored = { ...backup, name: 'etcd-of-after', revision: 1_000_007_000 };
    const older = { ...backup, name: 'etcd-of-before', revision: 5000 };
    const raised = (from: string, more: Partial<RestoreLook> = {}) => {
      const choice = choose({ ...look, sources: [restored, older], ...more }, from);
      return 'why' in choice ? choice.why : (choice.source.revision ?? 0) + (choice.bump ?? 0);
    };
    expect(raised('etcd-of-after')).toBe(2_000_007_000);
    expect(raised('etcd-of-before')).toBe(2_000_007_000);
    expect(raised('etcd-of-before', { serving: 1_000_007_100 })).toBe(2_000_007_100);
    const unopenedYet = [restored, { name: 'etcd-2', kind: 'member', hosts: ['etcd-2'], at: 0 } as const];
    expect(raised('etcd-2', { sources: unopenedYet })).toBe(2_000_007_000);
  });

  it('is nothing where nothing was found, nothing can serve, no such thing is there or no host can take it', () => {
    expect(choose({ ...look, sources: [] })).toEqual({ why: 'there is nothing to restore from' });
    expect(choose({ ...look, sources: [broken] })).toEqual({ why: `etcd-3: ${broken.problem}` });
    expect(choose(look, 'etcd-3')).toEqual({ why: `etcd-3: ${broken.problem}` });
    expect(choose(look, 'etcd-9')).toEqual({ why: 'there is no etcd-9' });
    expect(choose(lookAt(cluster, ['etcd-1', 'etcd-2', 'etcd-3']))).toEqual({
      why: 'no etcd host can take a restore',
    });
  });

  it('is nothing while etcd has its quorum, unless a person names what it would go back to', () => {
    const serving = { ...look, serving: 4711 };
    expect(choose(serving)).toEqual({ why: expect.stringContaining('at revision 4711') as string });
    expect(choose(serving, backup.name)).toMatchObject({ source: backup });
    const unread = unopened(ofMember);
    expect(choose({ ...serving, sources: [unread] })).toHaveProperty('why');
  });

  it('is always something whole of the offer, on members that answer, and never what etcd holds anyway', () => {
    const anyLook = fc.record({
      sources: someSources.map(inOrder),
      silent: fc.subarray(['etcd-1', 'etcd-2', 'etcd-3']),
      serving: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    });
    const anyName = fc.option(
      fc.integer({ min: 1, max: 40 }).map((n) => `etcd-${n}.db.gz.age`),
      { nil: undefined },
    );
    fc.assert(
      fc.property(anyLook, anyName, ({ sources, silent, serving }, from) => {
        const seen: RestoreLook = {
          ...lookAt(cluster, silent),
          sources,
          ...(serving !== undefined && { serving }),
        };
        const choice = choose(seen, from);
        if ('why' in choice) return void expect(choice.why).not.toBe('');
        expect(choice.source.problem).toBeUndefined();
        expect(sources).toContain(choice.source);
        expect(choice.members.map(({ host }) => host)).toEqual(
          ['etcd-1', 'etcd-2', 'etcd-3'].filter((host) => !silent.includes(host)),
        );
        expect(choice.members).not.toEqual([]);
        if (from === undefined) expect(choice.source).toBe(sources[0]);
        else expect(choice.source.name).toBe(from);
        if (from === undefined && serving !== undefined)
          expect(choice.source.revision).toBeGreaterThan(serving);
      }),
    );
  });
});

describe('what is lost', () => {
  const choice = (source: RestoreChoice['source']): RestoreChoice => ({ source, members: [] });

  it('is said with name, revision and age', () => {
    expect(lossText(choice(ofMember), noon)).toBe(
      'etcd-2: revision 4711, 3 minutes old; what was written after it is lost',
    );
    const unread = unopened(backup);
    expect(lossText(choice(unread), noon)).toBe(
      `${backup.name}: 6 hours 0 minutes old; what was written after it is lost`,
    );
  });

  it('is an age that a person reads at a glance, and that a clock ahead makes no less than nothing', () => {
    const said = [
      -5000,
      0,
      89_000,
      minutes(2),
      minutes(119),
      minutes(120),
      minutes(47 * 60 + 59),
      minutes(71 * 60),
    ];
    expect(said.map(ago)).toEqual([
      ...['0 seconds', '0 seconds', '89 seconds', '2 minutes', '119 minutes', '2 hours 0 minutes'],
      ...['47 hours 59 minutes', '2 days 23 hours'],
    ]);
  });

  it('is never told as less than nine tenths of it', () => {
    const unit = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 40 * 86_400_000 }), (ms) => {
        const told = [...ago(ms).matchAll(/(\d+) (\w+)/g)];
        const sum = told.reduce((all, [, n, of]) => all + Number(n) * unit[of as keyof typeof unit], 0);
        expect(sum).toBeGreaterThan(ms * 0.9);
      }),
    );
  });
});
