import { expect, test } from 'vitest';
import { warmCandidates } from '../../activities/warm-candidates.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const images = ['apiserver', 'controller-manager', 'scheduler'].map(
  (name) => `registry.k8s.io/kube-${name}:v1.34.4`,
);
const input = {
  kubernetes: {
    version: '1.34.4',
    podCidr: '10.0.0.0/8',
    serviceCidr: '11.0.0.0/8',
    network: 'flannel' as const,
  },
  controlPlane: ['m1', 'm2'],
};
const master = (name: string, answer: object) =>
  fakeHost(name).on(/^cd \/etc\/kubernetes\/manifests && sed/, answer);
const good = master('m2', { stdout: images.map((image) => `"${image}"\n`).join('') });
const gone = master('m1', { code: 1, stderr: 'no such directory' });
const looks = /^crictl version .*inspecti/;

test('images that are there are not pulled', async () => {
  const host = fakeHost('w1').expect(looks, {});
  expect(await callStep(warmCandidates, input, [host, gone, good])).toEqual({
    changed: false,
    summary: '3 control-plane images are there',
  });
});

test('what lacks is pulled, as the control plane that runs names it', async () => {
  const host = fakeHost('w1')
    .expect(looks, { stdout: `${images[1]}\n` })
    .expect(`crictl pull ${images[1]}`)
    .expect(looks, {});
  expect(await callStep(warmCandidates, input, [host, gone, good])).toMatchObject({ changed: true });
  host.verify();
});

test('an image that is not there after the pull is told', async () => {
  const host = fakeHost('w1')
    .on(looks, { stdout: `${images[1]}\n` })
    .on(/^crictl pull/);
  expect(await failureOf(callStep(warmCandidates, input, [host, gone, good]))).toMatchObject({
    type: 'NotYet',
  });
});

test('a runtime that does not answer is no answer', async () => {
  const host = fakeHost('w1').expect(looks, { code: 1, stderr: 'connection refused' });
  expect(await failureOf(callStep(warmCandidates, input, [host, gone, good]))).toMatchObject({
    type: 'CommandFailed',
  });
});

test('without a control plane that tells its images, each is named', async () => {
  const failure = await failureOf(
    callStep(warmCandidates, input, [fakeHost('w1'), gone, master('m2', { stdout: 'one\n' })]),
  );
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('m2 names 1 images');
});
