import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical, merged, steady } from '../../../activities/watch/steady.ts';

describe('what is shown', () => {
  test('is the first look, and then what two looks in a row say in the same way', () => {
    const api = steady({ a: 'ready', b: 'ready' });
    api.look({ a: 'silent' });
    expect(api.shown).toEqual({ a: 'ready', b: 'ready' });
    api.look({ a: 'silent' });
    expect(api.shown).toEqual({ a: 'silent', b: 'ready' });
  });

  test('does not change for one look that says otherwise, nor for looks that disagree', () => {
    const api = steady({ a: 'ready' });
    for (const answer of ['silent', 'ready', 'silent', 'refused', 'silent']) api.look({ a: answer });
    expect(api.shown).toEqual({ a: 'ready' });
  });

  test('is not touched by a look that does not speak of it', () => {
    const seen = steady({ ssh: { a: true }, api: { a: 'ready' } });
    seen.look({ ssh: { a: false }, api: { a: 'ready' } });
    seen.look({ ssh: {}, api: { a: 'ready' } });
    expect(seen.shown).toEqual({ ssh: { a: true }, api: { a: 'ready' } });
    seen.look({ ssh: { a: false } });
    expect(seen.shown).toEqual({ ssh: { a: false }, api: { a: 'ready' } });
  });

  test('takes a list as one, and a branch at once that comes where null was, but not null for a branch', () => {
    const seen = steady({ leases: ['a', 'b'], nodes: { a: { ready: true } } });
    seen.look({ leases: ['a'], nodes: null });
    expect(seen.shown).toEqual({ leases: ['a', 'b'], nodes: { a: { ready: true } } });
    seen.look({ leases: ['a'], nodes: null });
    expect(seen.shown).toEqual({ leases: ['a'], nodes: null });
    seen.look({ nodes: { b: { ready: false } } });
    expect(seen.shown).toEqual({ leases: ['a'], nodes: { b: { ready: false } } });
  });

  test('begins with what was known, of what is still looked at', () => {
    const seen = steady({ ssh: { a: false, new: false } }, { ssh: { a: true, gone: true }, old: 1 });
    expect(seen.shown).toEqual({ ssh: { a: true, new: false } });
    seen.look({ ssh: { a: false } });
    expect(seen.shown).toEqual({ ssh: { a: false, new: false } });
  });

  test('never changes in a look that differs from the one before, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('ready', 'silent', 'refused'), { minLength: 2 }), (answers) => {
        const seen = steady({ a: answers[0] as string });
        for (const [i, answer] of answers.slice(1).entries()) {
          const before = seen.shown['a'];
          seen.look({ a: answer });
          if (seen.shown['a'] !== before) expect([seen.shown['a'], answer]).toEqual([answer, answers[i]]);
        }
        if (answers.at(-1) === answers.at(-2)) expect(seen.shown['a']).toBe(answers.at(-1));
      }),
    );
  });
});

test('later looks stand over earlier ones, branch by branch', () => {
  expect(merged({ a: { x: 1, y: 2 }, b: [1], c: null }, { a: { x: 3 }, b: [], c: { z: 1 } })).toEqual({
    a: { x: 3, y: 2 },
    b: [],
    c: { z: 1 },
  });
});

test('the order of keys says nothing, that of a list does', () => {
  expect(canonical({ a: 1, b: { c: [1, 2], d: null } })).toBe(canonical({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(canonical([1, 2])).not.toBe(canonical([2, 1]));
});
