import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { promised, promisedBy } from '../../bench/availability/bounds.ts';
import { judge } from '../../bench/availability/judge.ts';
import type { Run } from '../../bench/availability/judge.ts';
import { addRun, readRuns } from '../../bench/availability/results.ts';
import { availabilityTable } from '../../bench/availability/table.ts';

const story = { story: 'one-master-off', what: 'one master powered off', bounds: { read: 1 } };
const run = (read: number, stall?: string): Run => ({
  story: story.story,
  at: '2026-11-25T03:00:00.000Z',
  commit: '0a1b2c3',
  figures: { read },
  ...(stall !== undefined && { stall }),
});
const holds = (...reads: readonly Run[]) => judge(story, reads).broken.length === 0;

describe('a bound', () => {
  it('holds when four of five runs and the median are within it', () => {
    expect(holds(...[0.2, 0.3, 1, 0.4, 0.3].map((read) => run(read)))).toBe(true);
    expect(holds(...[0.2, 0.3, 9, 0.4, 0.3].map((read) => run(read)))).toBe(true);
    expect(holds(...[0.2, 0.3, 9, 0.4, 1.1].map((read) => run(read)))).toBe(false);
  });

  it('allows no run above it before there are five', () => {
    expect(holds(run(0.4))).toBe(true);
    expect(holds(run(0.4), run(1.1))).toBe(false);
  });

  it('does not hold where no run counts, or where a run lacks the figure', () => {
    expect(holds()).toBe(false);
    expect(holds(run(3, 'the processor was gone for 2 s'))).toBe(false);
    expect(holds({ ...run(0), figures: { write: 0.1 } })).toBe(false);
  });

  it('counts no run that was probed more slowly than a measurement, within its bound or not', () => {
    const slower = { ...run(0.3), pace: 1 };
    expect(judge(story, [slower, slower])).toMatchObject({
      runs: 0,
      setAside: 2,
      broken: [expect.stringContaining('no run')],
    });
    expect(judge(story, [slower, run(0.4)])).toMatchObject({ runs: 1, setAside: 1, broken: [] });
  });

  it('of many seconds, or of no failure at all, counts a run with ten connections a second from each client', () => {
    const ten = (figures: Run['figures']): Run => ({ ...run(0), figures, pace: 2.5 });
    const counted = (bounds: Readonly<Record<string, number>>, figures: Run['figures'], pace: number) =>
      judge({ ...story, bounds }, [{ ...ten(figures), pace }]).runs;
    expect(counted({ write: 45, dns: 0.4 }, { write: 30, dns: 0.3 }, 2.5)).toBe(1);
    expect(counted({ write: 45 }, { write: 30 }, 2.4)).toBe(0);
    expect(counted({ read: 0, write: 0, webhook: 60 }, { read: 0, write: 0, webhook: 25 }, 2.5)).toBe(1);
    expect(counted({ read: 2, write: 45 }, { read: 1, write: 30 }, 2.5)).toBe(0);
    expect(judge({ ...story, bounds: { write: 45 } }, [ten({ write: 46 })]).broken).toHaveLength(1);
  });

  it('counts a run whose clients share the addresses, at twice that pace, for bounds of a second and more', () => {
    const run = (pace: number, bounds: Readonly<Record<string, number>>) =>
      judge({ ...story, bounds }, [
        { story: story.story, at: '2026-11-28T00:00:00Z', commit: 'a', figures: { read: 0, write: 0 }, pace },
      ]).runs;
    expect(run(5, { read: 1, write: 1 })).toBe(1);
    expect(run(5, { read: 0.6, write: 0.6 })).toBe(0);
    const seen = (read: number) =>
      judge(story, [
        { story: story.story, at: '2026-11-28T00:00:00Z', commit: 'a', figures: { read }, pace: 5 },
      ]);
    expect(seen(0.85).broken).toEqual([]);
    expect(seen(0.95).broken).toHaveLength(1);
    expect(seen(0).figures[0]?.worst).toBe(0);
    expect(run(2.5, { read: 1, write: 1 })).toBe(0);
  });

  it('counts a run with any pace where no read or write of a client is bounded', () => {
    const seen = (bounds: Readonly<Record<string, number>>, figures: Run['figures']) =>
      judge({ ...story, bounds }, [{ ...run(0), figures, pace: 1 }]);
    expect(seen({}, { waits: 60 })).toMatchObject({ runs: 1, broken: [] });
    expect(seen({ alarms: 0 }, { alarms: 0 })).toMatchObject({ runs: 1, broken: [] });
    expect(seen({ alarms: 0 }, { alarms: 1 }).broken).toHaveLength(1);
    expect(seen({ alarms: 0, write: 45 }, { alarms: 0, write: 1 }).runs).toBe(0);
  });

  it('sets a run aside only where it is above and the machine stood still beside it', () => {
    const verdict = judge(story, [run(0.3, 'a stall'), run(4, 'a stall'), run(0.4)]);
    expect(verdict).toMatchObject({ runs: 2, setAside: 1, broken: [] });
    expect(holds(run(0.3), run(4))).toBe(false);
  });

  it('is judged by the newest ten runs of its own story that count', () => {
    const old = [9, 9, 9].map((read) => run(read));
    const other = { ...run(9), story: 'etcd-leader-off' };
    expect(holds(...old, ...Array.from({ length: 10 }, () => run(0.3)), other)).toBe(true);
    expect(holds(...old, run(0.3))).toBe(false);
    const aside = Array.from({ length: 20 }, () => run(9, 'a stall'));
    expect(judge(story, [...old, ...aside, run(0.3)])).toMatchObject({ runs: 4, setAside: 20 });
    expect(judge(story, [...aside, run(0.3), ...aside])).toMatchObject({ runs: 1, setAside: 40 });
  });

  it('that holds still holds with one more run within it', () => {
    const reads = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(reads, fc.double({ min: 0, max: 1, noNaN: true }), (all, more) => {
        if (holds(...all.map((read) => run(read))))
          expect(holds(...[...all, more].map((read) => run(read)))).toBe(true);
      }),
    );
  });

  it('that holds has its median within it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 10 }), (all) => {
        const { broken, figures } = judge(
          story,
          all.map((read) => run(read)),
        );
        if (broken.length === 0) expect(figures[0]?.median).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('results', () => {
  it('are kept a line a run, and read again', () => {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-results-'));
    const file = join(dir, 'new', 'availability.jsonl');
    expect(readRuns(file)).toEqual([]);
    addRun(run(0.3), file);
    addRun(run(2, 'a stall'), file);
    expect(readRuns(file)).toEqual([run(0.3), run(2, 'a stall')]);
    rmSync(dir, { recursive: true });
  });

  it('make a table of what is promised and what was measured', () => {
    const table = availabilityTable(
      [story, promisedBy('balancer-off'), promisedBy('haproxy-hung')],
      [run(0.2), run(0.4), run(0.3), run(4, 'a stall'), { ...run(9, 'a stall'), story: 'haproxy-hung' }],
    );
    expect(table.split('\n').slice(2)).toEqual([
      '| one master powered off | read 1 | read 0.30 | read 0.40 | 3 (and 1 set aside) | too few runs |',
      '| the load balancer that holds the internal address powered off | read 0.6, write 0.6 | – | – | 0 | – |',
      '| its haproxy hung (SIGSTOP) | read 2, write 2 | – | – | 0 (and 1 set aside) | – |',
    ]);
    const told = (...reads: number[]) =>
      availabilityTable(
        [story],
        reads.map((read) => run(read)),
      )
        .split(' | ')
        .at(-1);
    expect(told(0.2, 0.4, 0.3, 0.4, 0.3)).toBe('yes |');
    expect(told(0.2, 4)).toBe('**no** |');
  });

  it('are of stories with names of their own', () => {
    expect(new Set(promised.map(({ story: name }) => name)).size).toBe(promised.length);
    expect(() => promisedBy('no-such')).toThrow('no story');
  });
});
