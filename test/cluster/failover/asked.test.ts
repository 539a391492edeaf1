import { expect, test } from 'vitest';
import fc from 'fast-check';
import { judgeAsked } from '../../../cluster/failover/asked.ts';
import type { Situation } from '../../../cluster/failover/decision.ts';
import type { Observation } from '../../../cluster/failover/picture.ts';
import { calm, masters, members, pictureOf, points } from './scenes.ts';
import type { World } from './scenes.ts';

const seen = (world: World): Observation => ({ picture: pictureOf(world), since: 0, until: 1000 });
const off = Object.fromEntries(masters.map((name) => [name, 'off'] as const));
const manual: Situation = { ...calm, policy: { ...calm.policy, mode: 'manual' } };

test('a person’s word promotes the first candidate at once, in either mode and whether masters live or not', () => {
  expect(judgeAsked({}, seen({}), calm, 0)).toEqual({ do: 'promote', candidate: 'worker-1', lost: [] });
  expect(judgeAsked({ candidate: 'worker-2' }, seen({ masters: off }), manual, 0)).toEqual({
    do: 'promote',
    candidate: 'worker-2',
    lost: masters,
  });
});

test.each([
  ['worker-9', {}, {}, 'worker-9 is no candidate of failover.candidates in the spec: worker-1, worker-2'],
  ['master-1', {}, {}, 'master-1 is a control-plane node already'],
  [undefined, { candidates: [] }, {}, 'no worker node is left that may be promoted'],
  [undefined, { change: 'running' }, {}, 'a change runs'],
  [undefined, {}, { etcdDown: members }, 'etcd has no quorum'],
  [undefined, {}, { unheard: points.slice(0, 2) }, 'too few vantage points are heard'],
  ['worker-1', {}, { off: ['worker-1'] }, 'worker-1 does not answer over SSH'],
  ['worker-1', { readiness: { 'worker-1': { problem: 'backup-key', why: 'no key' } } }, {}, 'no key'],
] as const)('%s is refused where that would not be safe: %j, %j', (candidate, situation, world, why) => {
  const asked = candidate === undefined ? {} : { candidate };
  const verdict = judgeAsked(asked, seen(world), { ...calm, ...situation }, 0);
  expect(verdict).toMatchObject({ do: 'refuse', why: expect.stringContaining(why) as string });
});

test('nothing is promoted while nothing is seen', () => {
  expect(judgeAsked({}, undefined, calm, 0)).toMatchObject({ do: 'refuse' });
});

test('candidates are looked at first where that was never done, or a while ago and they were not ready', () => {
  const unready = { ...calm, readiness: { 'worker-1': { problem: 'images' } } } as const;
  const look = { do: 'look-at-candidates' };
  expect(judgeAsked({}, seen({}), { ...calm, readiness: {} }, 0)).toEqual(look);
  expect(judgeAsked({ candidate: 'worker-1' }, seen({}), unready, 60_000)).toEqual(look);
  expect(judgeAsked({ candidate: 'worker-1' }, seen({}), unready, 1000)).toMatchObject({ do: 'refuse' });
});

test('whatever is wrong, nobody is promoted without etcd’s quorum, a majority of vantage points and a ready candidate that answers', () => {
  const some = (names: readonly string[]) => fc.subarray([...names]);
  const world = fc.record({
    off: some([...masters, 'worker-1', 'worker-2']),
    etcdDown: some(members),
    unheard: some(points),
  });
  const problem = fc.constantFrom(undefined, {}, { problem: 'host' }, { problem: 'no-backup' });
  fc.assert(
    fc.property(world, problem, problem, (wrong, one, two) => {
      const readiness = {
        ...(one && { 'worker-1': one }),
        ...(two && { 'worker-2': two }),
      } as Situation['readiness'];
      const verdict = judgeAsked({}, seen(wrong), { ...calm, readiness }, 0);
      if (verdict.do !== 'promote') return;
      expect(wrong.etcdDown.length).toBeLessThan(2);
      expect(wrong.unheard.length).toBeLessThan(2);
      expect(wrong.off).not.toContain(verdict.candidate);
      expect(readiness[verdict.candidate]).toEqual({});
      for (const host of verdict.lost) expect(wrong.off).toContain(host);
    }),
  );
});
