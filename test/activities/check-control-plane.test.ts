import { expect, it } from 'vitest';
import { checkControlPlane } from '../../activities/check-control-plane.ts';
import { HostError } from '../../hosts/errors.ts';
import { type FakeAnswer, fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const bastion = fakeHost('bastion-1');
const master = (number: number, answer: FakeAnswer) =>
  fakeHost(`master-${number}`).on(/https:\/\/127\.0\.0\.1:6443\/readyz/, answer);
const lost = new HostError('ConnectionLost', 'master-3', 'no answer', { next: 'wait' });
const check = (...answers: FakeAnswer[]) => {
  const masters = answers.map((answer, i) => master(i + 1, answer));
  const input = { controlPlane: masters.map(({ name }) => name), needed: 2 };
  return runStep(checkControlPlane, input, [bastion, ...masters]);
};

it('a majority that is ready will do, and the others are told', async () => {
  expect(await check({ stdout: '200' }, { stdout: '200' }, lost)).toEqual({
    changed: false,
    summary: 'ready: master-1, master-2; master-3: no answer',
  });
});

it('fewer are not enough: says what each says, and that nothing was changed', async () => {
  const failure = await failureOf(check({ stdout: '200' }, { stdout: '500' }, { stdout: '000' }));
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toContain(
    '1 control-plane nodes are ready, 2 must be; master-2: unready; master-3: silent',
  );
  expect(failure.detail?.['next']).toContain('Nothing was changed');
});
