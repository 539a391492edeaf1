import { expect, test } from 'vitest';
import { plan } from '../../cluster/plan.ts';
import type { RetryPolicy } from '@temporalio/common';
import { policyOf } from '../../workflows/policies.ts';
import { smallSpec } from './world.ts';

const seconds = (text: unknown): number => Number(/^([\d.]+) s$/.exec(String(text))?.[1]);

/** Pauses between the attempts, all together. */
function pauses({
  initialInterval,
  backoffCoefficient,
  maximumInterval,
  maximumAttempts,
}: RetryPolicy): number {
  let [sum, next] = [0, seconds(initialInterval)];
  for (let i = 1; i < (maximumAttempts ?? 0); i += 1) {
    sum += next;
    next = Math.min(next * (backoffCoefficient ?? 2), seconds(maximumInterval));
  }
  return sum;
}

test('every step of a plan has a policy with a heartbeat, a time limit and an end to its retries', () => {
  for (const { steps } of plan(smallSpec('demo')).phases)
    for (const { id } of steps) {
      const policy = policyOf(id);
      expect(policy.heartbeatTimeout, id).toBe('10 s');
      expect(policy.startToCloseTimeout, id).toBeTruthy();
      expect(policy.retry?.maximumAttempts, id).toBeGreaterThan(1);
      expect(policy.cancellationType, id).toBe('WAIT_CANCELLATION_COMPLETED');
    }
});

test('a quick step on a lost host parks within a minute of pauses, a look that polls goes on for minutes', () => {
  expect(pauses(policyOf('connect').retry ?? {})).toBe(15);
  expect(pauses(policyOf('check-nodes').retry ?? {})).toBeGreaterThan(180);
  expect(pauses(policyOf('check-nodes').retry ?? {})).toBeLessThan(300);
});
