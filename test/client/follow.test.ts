import { expect, test } from 'vitest';
import { allWait } from '../../client/follow.ts';
import { halfWay } from './follow/status-fixture.ts';

const nothingRuns = {
  ...halfWay,
  steps: halfWay.steps.map((step) =>
    step.state === 'running' ? ({ ...step, state: 'done' } as const) : step,
  ),
};

test('all waits for a person only when no step runs and no activity is under way', () => {
  expect(allWait(halfWay, { pending: [] })).toBe(false);
  expect(allWait(nothingRuns, { pending: [] })).toBe(true);
  expect(allWait(nothingRuns, { pending: [{ activity: 'fetchKubespray', attempt: 2 }] })).toBe(false);
  expect(allWait({ ...nothingRuns, waitingFor: [] }, { pending: [] })).toBe(false);
});
