import { expect, test } from 'vitest';
import { connect } from '../../activities/connect.ts';
import { HostError } from '../../hosts/errors.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import type { FakeAnswer } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const run = (answer: FakeAnswer) =>
  runStep(
    connect,
    fakeHosts(fakeHost('a').expect(/list-units/, answer)),
    callOf<'connect'>({}, targetOf('a')),
  );
const unit = (name: string) => ({ stdout: `${name} loaded active running x\n` });

test('a host that answers and gives sudo is connected', async () => {
  expect(await run({})).toEqual({ changed: false, summary: 'root@10.0.0.1, sudo works' });
});

test('a job of this very change is no obstacle', async () => {
  expect(await run(unit('holdfast-demo-run-kubespray-0a1b2c3d-1.service'))).toMatchObject({ changed: false });
});

test('a job of another cluster whose name begins alike is not ours', async () => {
  expect(await run(unit('holdfast-demo-two-run-kubespray-ffffffff-1.service'))).toMatchObject({
    changed: false,
  });
});

test('a job of an earlier change parks the step, and is named', async () => {
  await expect(run(unit('holdfast-demo-run-kubespray-ffffffff-2.service'))).rejects.toMatchObject({
    type: 'ProblemFound',
    nonRetryable: true,
    message: 'a: connect: a job of an earlier change still runs: holdfast-demo-run-kubespray-ffffffff-2',
  });
});

test('a connection that breaks is tried again, a refused sudo is not', async () => {
  const error = (kind: 'ConnectionLost' | 'SudoRefused') => new HostError(kind, 'a', 'x', { next: 'y' });
  await expect(run(error('ConnectionLost'))).rejects.toMatchObject({
    type: 'ConnectionLost',
    nonRetryable: false,
  });
  await expect(run(error('SudoRefused'))).rejects.toMatchObject({ type: 'SudoRefused', nonRetryable: true });
});
