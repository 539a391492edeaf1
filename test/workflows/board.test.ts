import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { StepState } from '../../cluster/status.ts';
import { Board } from '../../workflows/board.ts';

const phases = [
  {
    id: 'connect',
    after: [],
    steps: [
      { id: 'connect', host: 'a' },
      { id: 'connect', host: 'b' },
    ],
  },
  { id: 'nothing', after: ['connect'], steps: [] },
  { id: 'verify', after: ['nothing'], steps: [{ id: 'check-dns', host: 'a' }] },
];
const states: StepState[] = ['pending', 'running', 'waiting', 'done', 'already-so', 'skipped', 'failed'];
const error = { kind: 'ProblemFound', message: 'no', next: 'mend it' } as const;

test('a phase without steps is complete only when those before it are', () => {
  const board = new Board(phases);
  expect(board.complete('nothing')).toBe(false);
  for (const host of ['a', 'b']) board.mark(board.entry('connect', 'connect', host), 'done');
  expect(board.complete('nothing')).toBe(true);
  expect(board.complete('verify')).toBe(false);
});

test('the phase that is told is the first that has not ended, and the last in the end', () => {
  const board = new Board(phases);
  expect(board.phase).toBe('connect');
  for (const host of ['a', 'b']) board.mark(board.entry('connect', 'connect', host), 'done');
  expect(board.phase).toBe('verify');
  board.mark(board.entry('verify', 'check-dns', 'a'), 'done');
  expect(board.phase).toBe('verify');
});

test('the counts equal what the entries say, whatever happened to them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.constantFrom(...states))), (moves) => {
      const board = new Board(phases);
      for (const [i, state] of moves) {
        const entry = board.entries[i];
        if (!entry) continue;
        if (state === 'waiting') board.park(entry, error, () => undefined);
        else board.mark(entry, state);
      }
      const count = (wanted: StepState[]) =>
        board.entries.filter(({ state }) => wanted.includes(state)).length;
      expect(board.running).toBe(count(['running']));
      expect(board.waiting.size).toBe(count(['waiting']));
      expect(board.phases.reduce((sum, { done }) => sum + done, 0)).toBe(
        count(['done', 'already-so', 'skipped']),
      );
      expect(board.state).toBe(count(['waiting']) > 0 ? 'waiting' : 'running');
    }),
  );
});

test('an answer reaches the waiting steps that are meant, once', () => {
  const board = new Board(phases);
  const heard: string[] = [];
  for (const host of ['a', 'b'])
    board.park(board.entry('connect', 'connect', host), error, ({ do: what }) =>
      heard.push(`${host} ${what}`),
    );
  expect(board.answer({ host: 'b' }, { do: 'retry' })).toBe(1);
  expect(board.answer({ host: 'b' }, { do: 'retry' })).toBe(0);
  expect(board.answer({}, { do: 'skip', reason: 'known' })).toBe(1);
  expect(heard).toEqual(['b retry', 'a skip']);
  expect(board.whyNone({ step: 'connect', host: 'b' })).toBe('connect on b does not wait: it is running');
});

test('at most twenty refusals are kept, the newest last', () => {
  const board = new Board(phases);
  for (let i = 0; i < 25; i += 1) board.refuse('retry', String(i));
  expect(board.refused).toHaveLength(20);
  expect(board.refused.at(-1)?.why).toBe('24');
});
