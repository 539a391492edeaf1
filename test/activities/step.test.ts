import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Patience, step } from '../../activities/step.ts';
import { HostError } from '../../hosts/errors.ts';
import type { ErrorKind } from '../../cluster/status.ts';
import { callOf, targetOf } from './call.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';

/** Whether Temporal would try again what failed so, in this attempt, that long after the step was begun. */
async function triesAgain(kind: ErrorKind, attempt: number, minutes: number, patience?: Patience) {
  const fails = step(
    'connect',
    () => Promise.reject(new HostError(kind, 'a', 'no', { next: 'mend it' })),
    patience,
  );
  const environment = new MockActivityEnvironment({
    attempt,
    scheduledTimestampMs: Date.now() - minutes * 60_000,
  });
  const activity = fails({
    hosts: fakeHosts(fakeHost('a')),
    readLocalFile: () => Promise.reject(new Error()),
  });
  const failure = await environment
    .run(activity, callOf<'connect'>({}, targetOf('a')))
    .catch((error: unknown) => error);
  return !(failure as { nonRetryable: boolean }).nonRetryable;
}

describe('what failed is tried again', () => {
  test('for ten minutes where a command failed or an effect has not come, and then a person is asked', async () => {
    for (const kind of ['CommandFailed', 'NotYet'] as const) {
      expect(await triesAgain(kind, 3, 9)).toBe(true);
      expect(await triesAgain(kind, 3, 11)).toBe(false);
    }
  });

  test('three times at least, also where the step waited long for a worker', async () => {
    expect(await triesAgain('NotYet', 1, 60)).toBe(true);
    expect(await triesAgain('NotYet', 2, 60)).toBe(true);
    expect(await triesAgain('NotYet', 3, 60)).toBe(false);
  });

  test('for as long as the policy says where the connection is lost', async () => {
    expect(await triesAgain('ConnectionLost', 500, 600)).toBe(true);
  });

  test('by number alone where a job of hours says nothing by its age', async () => {
    const job = { tries: 8, minutes: Infinity };
    expect(await triesAgain('NotYet', 7, 600, job)).toBe(true);
    expect(await triesAgain('NotYet', 8, 1, job)).toBe(false);
    expect(await triesAgain('ConnectionLost', 8, 1, job)).toBe(true);
  });

  test('never where no retry cures it', async () => {
    expect(await triesAgain('SudoRefused', 1, 0)).toBe(false);
  });
});

test('a step that asks hundreds of hosts at once has no warning of a leak written into the worker’s log', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
  const listens = step('connect', (_, { signal }) => {
    for (let n = 0; n < 200; n += 1) signal.addEventListener('abort', () => undefined);
    return Promise.resolve({ changed: false, summary: '' });
  });
  const deps = { hosts: fakeHosts(fakeHost('a')), readLocalFile: () => Promise.reject(new Error()) };
  await new MockActivityEnvironment().run(listens(deps), callOf<'connect'>({}, targetOf('a')));
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});
