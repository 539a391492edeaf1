import { describe, expect, it } from 'vitest';
import { wasBeyondChecks } from '../../client/applied.ts';

const step = (phase: string, state: 'pending' | 'done' | 'waiting') =>
  ({ phase, state, step: 'any', host: 'worker-1' }) as const;

describe('the spec applied last', () => {
  it('is none of a change that ended in its checks, and is one whose hosts were touched', () => {
    const checked = [step('connect', 'done'), step('preflight', 'waiting'), step('prepare', 'pending')];
    expect(wasBeyondChecks({ steps: checked })).toBe(false);
    expect(wasBeyondChecks({ steps: [...checked, step('prepare', 'waiting')] })).toBe(true);
    const looked = [step('look', 'done'), step('confirm', 'waiting'), step('stage', 'pending')];
    expect(wasBeyondChecks({ steps: looked })).toBe(false);
    expect(wasBeyondChecks({ steps: [...looked, step('stage', 'done')] })).toBe(true);
  });

  it('is that of a change which was terminated and left no word: it may have touched anything', () => {
    expect(wasBeyondChecks({ steps: [] })).toBe(true);
  });
});
