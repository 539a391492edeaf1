import { expect, test } from 'vitest';
import type { Entry } from '../../workflows/board.ts';
import { waitingOf } from '../../workflows/waiting.ts';

const entry = (next: string): Entry => ({
  phase: 'connect',
  step: 'connect',
  host: 'worker-1',
  state: 'waiting',
  error: { kind: 'ProblemFound', message: 'it is wrong', next },
});
const answers = [
  'holdfast retry demo --step connect --host worker-1',
  "holdfast skip demo --step connect --host worker-1 --reason '…'",
];

test('what waits says how to go on, and where the spec must change how to start anew with another', () => {
  expect(waitingOf('demo', entry('Mend it.')).commands).toEqual(answers);
  expect(waitingOf('demo', entry('holdfast trust SPEC')).commands).toEqual([
    'holdfast trust SPEC',
    ...answers,
  ]);
  expect(waitingOf('demo', entry('Correct the address in the spec.')).commands).toEqual([
    "holdfast abort demo --reason 'the spec changes'",
    'holdfast up SPEC',
    ...answers,
  ]);
});
