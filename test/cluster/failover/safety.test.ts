import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decide } from '../../../cluster/failover/decide.ts';
import type { Decision, NamedHost, Situation } from '../../../cluster/failover/decision.ts';
import type { Observation, Picture, View } from '../../../cluster/failover/picture.ts';
import { type Step, history, live } from './histories.ts';
import { Watch, calm, masters, points } from './scenes.ts';

/**
 * The rules that nothing may break, over thousands of histories. They are stated from the pictures alone, without the
 * code that they judge.
 */
const runs = { numRuns: 2000, seed: Math.floor(Math.random() * 2 ** 31) };
let lived: readonly (readonly Step[])[] = [];
beforeAll(() => {
  lived = fc.sample(history, runs).map(live);
}, 600_000);

/** Each rule over the same histories, for they take long to live through; a rule that is broken is lived again, to shrink it. */
function always(rule: (steps: readonly Step[]) => void, of = lived): void {
  try {
    for (const steps of of) rule(steps);
  } catch (broken) {
    fc.assert(
      fc.property(history, (one) => rule(live(one))),
      { ...runs, interruptAfterTimeLimit: 60_000 },
    );
    throw broken;
  }
}

type Promote = Extract<Decision, { do: 'promote' }>;
type GiveUp = Extract<Decision, { do: 'give-up' }>;
type Heal = Extract<Decision, { do: 'heal' }>;
interface Act<D> {
  readonly decision: D;
  readonly index: number;
  readonly picture: Picture;
  readonly since: number;
  readonly until: number;
  readonly situation: Situation;
}
function acts<D extends Decision>(steps: readonly Step[], kind: D['do']): Act<D>[] {
  return steps.flatMap(({ observation, situation, judgement: { decision } }, index) =>
    decision.do === kind && observation
      ? [{ decision: decision as D, index, situation, ...observation }]
      : [],
  );
}
const promotions = (steps: readonly Step[]) => acts<Promote>(steps, 'promote');
const heals = (steps: readonly Step[]) => acts<Heal>(steps, 'heal');

const viewsOf = ({ vantagePoints }: Picture) => Object.values(vantagePoints).filter((view) => view !== null);
const majority = (picture: Picture, sees: (view: View) => boolean) =>
  viewsOf(picture).filter(sees).length > Object.keys(picture.vantagePoints).length / 2;
const leasesOf = ({ etcd }: Picture) =>
  Object.values(etcd).flatMap((view) => (view?.healthy && view.leases ? [view.leases] : []));
const answers = (view: View, host: string) => ['ready', 'unready', 'refused'].includes(view.api[host] ?? '');
const showsLife = (picture: Picture, { name, address }: NamedHost) =>
  viewsOf(picture).some((view) => view.ssh[name] === true || answers(view, name)) ||
  leasesOf(picture).some((leases) => leases.includes(address));
const seenSilent = (picture: Picture, host: NamedHost) =>
  majority(picture, ({ ssh, api }) => ssh[host.name] === false && api[host.name] === 'silent') &&
  !viewsOf(picture).some((view) => view.ssh[host.name] === true || answers(view, host.name));
const seenDead = (picture: Picture, host: NamedHost) =>
  seenSilent(picture, host) && leasesOf(picture).length > 0 && !showsLife(picture, host);

/** A candidate that a promotion left with its API server at work: it may be promoted for it, whatever it answers by then. */
const servesAlready = (picture: Picture, { candidates }: Situation, name: string) => {
  const { address } = candidates.find((host) => host.name === name) ?? {};
  return (
    leasesOf(picture).some((leases) => leases.some((one) => one === address)) &&
    majority(picture, ({ api }) => api[name] === 'ready')
  );
};

/** How long a host had been seen silent without a gap, up to the end of one observation. */
function silentFor(steps: readonly Step[], index: number, host: NamedHost): number {
  let start = Infinity;
  let next: Observation | undefined;
  for (let i = index; i >= 0; i -= 1) {
    const seen = steps[i]?.observation;
    if (!seen || !seenSilent(seen.picture, host)) break;
    if (next && (next.since - seen.until > 5000 || next.since < seen.until)) break;
    next = seen;
    start = seen.since;
  }
  return (steps[index]?.observation?.until ?? 0) - start;
}

/** ms from the end of one observation to that of a later one. Where the clock was set back, what an observation lasted. */
function elapsed(steps: readonly Step[], from: number, to: number): number {
  let sum = 0;
  let before = steps[from]?.observation?.until ?? 0;
  for (const { observation } of steps.slice(from + 1, to + 1)) {
    if (!observation) continue;
    const { since, until } = observation;
    sum += until >= before ? until - before : until - since;
    before = until;
  }
  return sum;
}

describe('the end of a promotion whose candidate is lost', () => {
  test('is decided in many of these histories, only where it and the masters are dead and it was silent for confirmFor', () => {
    const counts = lived.filter((steps) => acts<GiveUp>(steps, 'give-up').length > 0);
    expect(counts.length).toBeGreaterThan(runs.numRuns / 100);
    always((steps) => {
      for (const { decision, index, picture, situation } of acts<GiveUp>(steps, 'give-up')) {
        const { promoting, controlPlane, policy } = situation;
        expect(promoting?.name).toBe(decision.candidate);
        if (!promoting) continue;
        expect(seenDead(picture, promoting)).toBe(true);
        expect(silentFor(steps, index, promoting)).toBeGreaterThanOrEqual(policy.confirmForMs);
        const dead = controlPlane.filter((host) => seenDead(picture, host));
        expect(controlPlane.length - dead.length).toBeLessThan(policy.promoteBelow);
      }
    });
  });
});

describe('a promotion', () => {
  test('is never decided while another is open, though that waits for a person', () => {
    const waiting = lived
      .flat()
      .filter(({ situation }) => situation.promoting && situation.change === 'parked');
    expect(waiting.length).toBeGreaterThan(runs.numRuns / 10);
    always((steps) => {
      for (const { situation } of promotions(steps)) {
        expect(situation.promoting).toBeUndefined();
        expect(situation.change).not.toBe('refuses');
      }
    });
  });

  test('is decided in many of these histories, or nothing would be proved', () => {
    const counts = lived.map((steps) => promotions(steps).length);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(runs.numRuns / 5);
    expect(counts.filter((count) => count > 1).length).toBeGreaterThan(runs.numRuns / 50);
    const finished = lived.filter((steps) =>
      promotions(steps).some(({ decision, picture, situation }) =>
        servesAlready(picture, situation, decision.candidate),
      ),
    );
    expect(finished.length).toBeGreaterThan(runs.numRuns / 100);
  });

  test('leaves fewer nodes than the policy wants, of which each that is called lost is dead and was silent for confirmFor', () => {
    always((steps) => {
      for (const { decision, index, picture, situation } of promotions(steps)) {
        const { controlPlane, policy } = situation;
        const lost = controlPlane.filter(({ name }) => decision.lost.includes(name));
        expect(lost.map(({ name }) => name)).toEqual(decision.lost);
        expect(lost.length).toBeGreaterThan(0);
        expect(controlPlane.length - lost.length).toBeLessThan(policy.promoteBelow);
        for (const host of lost) {
          expect(seenDead(picture, host)).toBe(true);
          expect(silentFor(steps, index, host)).toBeGreaterThanOrEqual(policy.confirmForMs);
        }
      }
    });
  });

  test('never comes while a majority sees SSH or API of a node that is called lost, nor within confirmFor of that', () => {
    always((steps) => {
      for (const { decision, index, until, situation } of promotions(steps))
        for (let i = index; i >= 0; i -= 1) {
          const seen = steps[i]?.observation;
          if (!seen) continue;
          if (seen.until <= until - situation.policy.confirmForMs) break;
          for (const name of decision.lost) {
            expect(majority(seen.picture, ({ ssh }) => ssh[name] === true)).toBe(false);
            expect(majority(seen.picture, (view) => answers(view, name))).toBe(false);
          }
          // What lies before a clock that was set back cannot be told by its times.
          const before = steps.slice(0, i).findLast(({ observation }) => observation)?.observation;
          if (before && seen.since < before.until) break;
        }
    });
  });

  test('never comes without a linearizable read of etcd, nor while it shows more leases than nodes that are left and the candidate’s own', () => {
    always((steps) => {
      for (const { decision, picture, situation } of promotions(steps)) {
        const leases = leasesOf(picture);
        expect(leases.length).toBeGreaterThan(0);
        const left = situation.controlPlane.length - decision.lost.length;
        const itself = servesAlready(picture, situation, decision.candidate) ? 1 : 0;
        expect(new Set(leases.flat()).size - itself).toBeLessThanOrEqual(left);
      }
    });
  });

  test('never comes while anyone gets an answer from a virtual address, if none is said to be left and the candidate does not serve', () => {
    always((steps) => {
      for (const { decision, picture, situation } of promotions(steps))
        if (decision.lost.length === situation.controlPlane.length) {
          const itself = servesAlready(picture, situation, decision.candidate);
          for (const { addresses, api } of viewsOf(picture)) {
            if (!itself) expect(Object.values(addresses)).not.toContain('ready');
            const others = Object.keys(api).filter((name) => !itself || name !== decision.candidate);
            expect(others.map((name) => api[name])).not.toContain('ready');
          }
        }
    });
  });

  test('never comes while a change runs, without the approval that the mode wants, or within a minute of the last', () => {
    always((steps) => {
      let last: number | undefined;
      for (const { situation, index } of promotions(steps)) {
        expect(situation.change).not.toBe('running');
        expect(situation.policy.mode === 'automatic' || situation.approved).toBe(true);
        if (last !== undefined) expect(elapsed(steps, last, index)).toBeGreaterThanOrEqual(60_000);
        last = index;
      }
    });
  });

  test('takes a candidate that serves already, or one that answers over SSH and is known to be ready', () => {
    always((steps) => {
      for (const { decision, picture, situation } of promotions(steps)) {
        const { candidate } = decision;
        expect(situation.candidates.map(({ name }) => name)).toContain(candidate);
        expect(situation.controlPlane.map(({ name }) => name)).not.toContain(candidate);
        const served = situation.candidates.find(({ name }) => servesAlready(picture, situation, name));
        if (served) {
          expect(candidate).toBe(served.name);
          continue;
        }
        expect(situation.readiness[candidate]).toEqual({});
        expect(majority(picture, ({ ssh }) => ssh[candidate] === true)).toBe(true);
      }
    });
  });
});

describe('a heal', () => {
  test('touches a host that lives, that no drill and no running change has broken', () => {
    always((steps) => {
      for (const { decision, picture, situation, since } of heals(steps)) {
        const { host } = decision;
        const spoke = picture.etcd[host] ?? picture.balancers[host] ?? null;
        expect(spoke !== null || majority(picture, ({ ssh }) => ssh[host] === true)).toBe(true);
        expect(situation.leaveAlone[host] ?? 0).toBeLessThanOrEqual(since);
        expect(situation.change).not.toBe('running');
      }
    });
  });

  test('of an API server is none where anyone finds it ready, or where etcd does not answer', () => {
    always((steps) => {
      for (const { decision, picture } of heals(steps)) {
        if (decision.part !== 'api-server') continue;
        expect(viewsOf(picture).some(({ api }) => api[decision.host] === 'ready')).toBe(false);
        expect(Object.values(picture.etcd).some((view) => view?.healthy)).toBe(true);
      }
    });
  });

  test('of one part of one host is tried as often in an hour as the policy says, and a minute apart', () => {
    always((steps) => {
      const tried = new Map<string, number[]>();
      for (const { decision, situation, until, index } of heals(steps)) {
        const key = `${decision.part}:${decision.host}`;
        // A clock that was set back makes a pause longer: an act counts from the earliest time told since.
        const told = (from: number) =>
          Math.min(...steps.slice(from, index + 1).map(({ observation }) => observation?.until ?? Infinity));
        const before = (tried.get(key) ?? []).map(told);
        expect(Math.min(...before.map((at) => until - at))).toBeGreaterThanOrEqual(60_000);
        const withinTheHour = before.filter((at) => at > until - 3_600_000).length;
        const { healsAnHour } = situation.policy;
        const most = decision.part === 'node-marks' && healsAnHour > 0 ? 20 : healsAnHour;
        expect(withinTheHour).toBeLessThan(most);
        tried.set(key, [...(tried.get(key) ?? []), index]);
      }
    });
  });
});

describe('every judgement', () => {
  test('is the same for the same, leaves what it is given as it is, and crosses Temporal as JSON', () => {
    always(
      (steps) => {
        const judgements = steps.map(({ judgement }) => judgement);
        const again = steps.map(({ observation, situation, before }) => {
          const frozen = deepFreeze(structuredClone({ before, observation, situation }));
          return decide(frozen.before, frozen.observation, frozen.situation);
        });
        expect(again).toEqual(judgements);
        expect(JSON.parse(JSON.stringify(judgements))).toStrictEqual(judgements);
        // Each moment is copied and judged once more, which takes as long as all other rules together.
      },
      lived.slice(0, 400),
    );
  });

  test('remembers a bounded amount, and names a time to come', () => {
    always((steps) => {
      const sizes = steps.map(({ judgement }) => JSON.stringify(judgement.memory).length);
      expect(Math.max(...sizes)).toBeLessThan(10_000);
      const times = steps.flatMap(({ judgement }) => judgement.againInMs ?? []);
      expect(times.filter((ms) => !Number.isSafeInteger(ms) || ms <= 0)).toEqual([]);
    });
  });

  test('after a failed watch promotes and heals nobody', () => {
    always((steps) => {
      const blind = steps.filter(({ observation }) => !observation);
      const decided = blind.map(({ judgement }) => judgement.decision.do);
      expect(decided.filter((what) => what !== 'nothing' && what !== 'wait')).toEqual([]);
    });
  });

  test('that asks for a person says why, and what would help', () => {
    always((steps) => {
      const waits = steps.filter(({ judgement }) => judgement.decision.do === 'wait');
      expect(waits.map(({ judgement }) => judgement.waitingFor)).toEqual(
        waits.map(({ judgement }) => judgement.decision),
      );
      const said = steps.flatMap(({ judgement }) => judgement.waitingFor ?? []);
      expect(said.filter(({ why, help }) => why === '' || help.length === 0)).toEqual([]);
      const lines = said.flatMap(({ help }) => help);
      expect(lines.filter((line) => !/^holdfast \w+ demo( |$)/.test(line))).toEqual([]);
    });
  });
});

describe('nothing is missed', () => {
  const dead = { off: masters, leases: [] };

  test('masters that die at any moments are replaced exactly confirmFor after the last was heard, or when the last lease is gone', () => {
    const moment = fc.integer({ min: 0, max: 40_000 });
    const times = fc.record({
      off: fc.tuple(moment, moment, moment),
      leases: fc.tuple(moment, moment, moment),
    });
    const confirmFor = fc.integer({ min: 3000, max: 60_000 });
    fc.assert(
      fc.property(times, confirmFor, ({ off, leases }, confirmForMs) => {
        const watch = new Watch({ policy: { ...calm.policy, confirmForMs } }).see({}, 5000);
        const start = watch.now;
        const ends = [...new Set([...off, ...leases])].toSorted((a, b) => a - b);
        ends.forEach((at, index) => {
          const gone = masters.filter((_, i) => (off[i] ?? 0) <= at);
          const left = calm.controlPlane
            .filter((_, i) => (leases[i] ?? 0) > at)
            .map(({ address }) => address);
          watch.see({ off: gone, leases: left }, (ends[index + 1] ?? at) - at);
        });
        watch.see(dead, confirmForMs);
        const promotion = watch.moments.find(({ decision }) => decision.do === 'promote');
        // The first happening is seen at the start, whenever it was.
        const begun = start - Math.min(...ends);
        expect(promotion?.at).toBe(
          Math.max(begun + Math.max(...off) + confirmForMs, begun + Math.max(...leases)),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('while a person has paused failover nothing is healed, and nobody is looked at', () => {
    always((steps) => {
      const paused = steps.filter(({ situation }) => situation.paused);
      const decided = paused.map(({ judgement }) => judgement.decision.do);
      expect(decided.filter((what) => !['nothing', 'wait', 'promote'].includes(what))).toEqual([]);
    });
  });

  test('who looks in only when asked to decides what who looks twice a second decides, and no later', () => {
    fc.assert(
      fc.property(history, ({ situation, happenings }) => {
        const [first] = happenings;
        if (!first) return;
        const seldom = new Watch(situation).see(first.picture, 100_000);
        const often = new Watch(situation);
        for (let at = 0; at <= 100_000; at += 500)
          often.observe({ picture: first.picture, since: Math.max(0, at - 500), until: at });
        const firsts = ({ moments }: Watch) => {
          const seen = new Map<string, number>();
          for (const { at, decision } of moments) {
            const what = JSON.stringify([decision.do, 'host' in decision && [decision.part, decision.host]]);
            if (decision.do !== 'nothing' && !seen.has(what)) seen.set(what, at);
          }
          return seen;
        };
        const asked = firsts(seldom);
        for (const [what, at] of firsts(often)) {
          if (at > 95_000) continue;
          expect(asked.has(what), `${what} at ${at}`).toBe(true);
          expect(asked.get(what), `${what} at ${at}`).toBeLessThanOrEqual(at);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('however the vantage points flicker, a cluster that lives has nobody promoted', () => {
    const flicker = fc.array(fc.tuple(fc.subarray([...points]), fc.integer({ min: 0, max: 20_000 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(flicker, fc.subarray([...masters], { maxLength: 2 }), (cuts, off) => {
        const watch = new Watch();
        for (const [cutOff, ms] of cuts) watch.see({ cutOff, off }, ms).see({ off }, 1000);
        expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
