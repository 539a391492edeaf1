import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looks, outageOf, outagesOf } from '../../../cluster/drill/outage.ts';
import type { Try } from '../../../cluster/drill/probe-log.ts';
import { probeLog, start } from './logs.ts';

const aTry: fc.Arbitrary<Try> = fc.record(
  {
    stream: fc.constant(0),
    at: fc.integer({ min: 0, max: 60_000 }),
    ms: fc.integer({ min: 0, max: 1000 }),
    late: fc.constant(0),
    error: fc.constantFrom('connect timeout', 'HTTP 503'),
  },
  { requiredKeys: ['stream', 'at', 'ms', 'late'] },
);
const tries = fc.array(aTry, { maxLength: 60 });
const marks = fc.record(
  { fault: fc.integer({ min: 0, max: 60_000 }), restored: fc.integer({ min: 60_000, max: 70_000 }) },
  { requiredKeys: ['fault'] },
);

describe('what a client noticed', () => {
  it('is told from the first and the last failed start after the fault, and the longest time without success', () => {
    const log = probeLog('worker-3', 20, [
      { stream: 0, from: 5.05, to: 5.35 },
      { stream: 1, from: 5, to: 6.2, error: 'answer timeout' },
    ]);
    const [read, write] = outagesOf(log, { fault: start + 5020, restored: start + 15_000 });
    expect(read).toMatchObject({
      ...{ client: 'worker-3', address: 'internal', kind: 'read', tries: 200 },
      before: { failed: 0, first: null, last: null, errors: {} },
      fault: { failed: 3, first: 0.08, last: 0.28, errors: { 'connect timeout': 3 } },
      restored: { failed: 0 },
      longestGap: 0.4,
    });
    expect(write).toMatchObject({
      fault: { failed: 12, first: 0.03, last: 1.13, errors: { 'answer timeout': 12 } },
      longestGap: 1.3,
    });
  });

  it('of a try under way when the fault came is the fault’s, and what had ended before is not', () => {
    const log = probeLog('bastion-1', 10, [{ stream: 0, from: 1, to: 3.01 }]);
    const [read] = outagesOf(log, { fault: start + 3000 });
    expect(read?.before).toMatchObject({ failed: 10, last: -1.1 });
    expect(read?.fault).toMatchObject({ failed: 11, first: -1, last: 0 });
  });

  it('once the broken thing is back is counted from then', () => {
    const log = probeLog('bastion-1', 20, [{ stream: 1, from: 15.1, to: 15.4 }]);
    const [, write] = outagesOf(log, { fault: start + 5000, restored: start + 15_000 });
    expect(write?.fault.failed).toBe(0);
    expect(write?.restored).toMatchObject({ failed: 3, first: 0.15, last: 0.35 });
  });

  it('is a gap of the whole time where nothing ever succeeded, and nothing where nothing was tried', () => {
    const [read] = outagesOf(probeLog('bastion-1', 10, [{ stream: 0, from: 0, to: 10 }]), { fault: start });
    expect(read?.longestGap).toBe(10.9);
    expect(outageOf([], { fault: start })).toMatchObject({ tries: 0, longestGap: 0 });
  });

  it('does not depend on the order in which tries were written', () => {
    fc.assert(
      fc.property(tries, marks, (all, when) => {
        expect(outageOf(all.toReversed(), when)).toEqual(outageOf(all, when));
      }),
    );
  });

  it('counts every failed try in exactly one of the three times, and first is never after last', () => {
    fc.assert(
      fc.property(tries, marks, (all, when) => {
        const { before, fault, restored } = outageOf(all, when);
        const failed = all.filter(({ error }) => error !== undefined).length;
        expect(before.failed + fault.failed + restored.failed).toBe(failed);
        for (const { first, last, failed: count, errors } of [before, fault, restored]) {
          expect(count > 0).toBe(first !== null);
          expect(first ?? 0).toBeLessThanOrEqual(last ?? 0);
          expect(Object.values(errors).reduce((sum, n) => sum + n, 0)).toBe(count);
        }
        expect(before.last ?? -1).toBeLessThanOrEqual(0);
        expect(restored.first ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('never looks worse when one more try succeeds', () => {
    fc.assert(
      fc.property(fc.array(aTry, { minLength: 1, maxLength: 60 }), marks, fc.nat(), (all, when, pick) => {
        const better = all.map(({ error, ...one }, i) =>
          i === pick % all.length || error === undefined ? one : { ...one, error },
        );
        const [worse, after] = [outageOf(all, when), outageOf(better, when)];
        expect(after.fault.failed).toBeLessThanOrEqual(worse.fault.failed);
        expect(after.fault.last ?? -Infinity).toBeLessThanOrEqual(worse.fault.last ?? -Infinity);
        expect(after.longestGap).toBeLessThanOrEqual(worse.longestGap);
      }),
    );
  });

  it('is the same whatever the clock said', () => {
    fc.assert(
      fc.property(tries, marks, fc.integer({ min: 0, max: 2 ** 41 }), (all, when, shift) => {
        const later = all.map((one) => ({ ...one, at: one.at + shift }));
        const shifted = {
          fault: when.fault + shift,
          ...(when.restored !== undefined && { restored: when.restored + shift }),
        };
        expect(outageOf(later, shifted)).toEqual(outageOf(all, when));
      }),
    );
  });
});

describe('what a stretch of time looked like', () => {
  it('is good, bad, both or nothing', () => {
    const log = probeLog('bastion-1', 4, [{ stream: 0, from: 1.5, to: 3 }]);
    const span = { from: start - 1000, to: start + 4000, width: 1000 };
    expect(looks(log, 0, span)).toEqual(['none', 'good', 'mixed', 'bad', 'good']);
  });

  it('has no hole where a try was a moment late, and has one where two were left out', () => {
    const log = probeLog('bastion-1', 1);
    const own = log.tries.filter(({ stream }) => stream === 0);
    const span = { from: start, to: start + 600, width: 100 };
    const late = own.map((one, i) => (i === 2 ? { ...one, at: one.at + 100 } : one));
    expect(looks({ ...log, tries: late }, 0, span)).toEqual(Array(6).fill('good'));
    const without = own.filter((_, i) => i !== 2 && i !== 3);
    expect(looks({ ...log, tries: without }, 0, span).slice(1, 5)).toEqual(['good', 'none', 'none', 'good']);
  });
});
