import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ExitError, exitCode } from '../../../client/exit.ts';
import { passing } from '../../../client/follow/patience.ts';

const unavailable = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });

test('a server that does not answer, or does not find the namespace for a moment, is asked again', () => {
  expect(passing(unavailable)).toBe(true);
  expect(passing(new Error('it failed', { cause: unavailable }))).toBe(true);
  expect(passing(new ExitError(exitCode.unreachable, 'no worker answers'))).toBe(true);
  expect(passing(new NamespaceNotFoundError('default'))).toBe(true);
});

test('a workflow that is gone, or a mistake of ours, is no such thing', () => {
  expect(passing(new WorkflowNotFoundError('gone', 'id', undefined))).toBe(false);
  expect(passing(new ExitError(exitCode.failed, 'it ended'))).toBe(false);
  expect(passing(new TypeError('not a function'))).toBe(false);
});
