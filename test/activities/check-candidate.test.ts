import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkCandidate } from '../../activities/check-candidate.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let programs: LocalHost;
let worker: LocalHost;
const well = {
  systemctl: 'true',
  crictl: 'true',
  kubeadm: 'echo v1.34.4',
  df: 'echo head; echo fs 900 100 800 1% /',
};
const stand = (changed: Partial<typeof well> = {}) =>
  standIns(programs.path('/var/bin'), { ...well, ...changed });

beforeAll(async () => {
  programs = await LocalHost.make('programs');
  stand();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  stand();
  worker = await LocalHost.make('worker-1');
  put(worker, '/etc/kubernetes/ssl/ca.crt', 'its CA');
  put(worker, '/etc/kubernetes/kubelet.conf', 'its own');
});
afterEach(() => worker.remove());

const kubernetes = { version: '1.34.4', podCidr: '', serviceCidr: '', network: 'flannel' } as const;
const check = () => callStep(checkCandidate, { kubernetes }, [worker]);

test('a worker node on which all is well may be promoted', async () => {
  expect(await check()).toEqual({
    changed: false,
    summary: 'kubelet and container runtime work, kubeadm is 1.34.4',
  });
});

test.each([
  ['a kubelet that does not run', { systemctl: 'false' }, 'its kubelet does not run'],
  ['a runtime that does not answer', { crictl: 'false' }, 'its container runtime does not answer'],
  ['a kubeadm of another version', { kubeadm: 'echo v1.33.9' }, 'its kubeadm is 1.33.9, not 1.34.4'],
  ['no kubeadm', { kubeadm: 'exit 127' }, 'its kubeadm is not there, not 1.34.4'],
  [
    'a full disk',
    { df: 'echo head; echo fs 900 880 20 98% /' },
    '20 MB are free for Kubernetes’ files, 200 are wanted',
  ],
  ['a disk that tells nothing', { df: 'exit 1' }, 'no MB are free for Kubernetes’ files, 200 are wanted'],
])('%s is why not', async (_what, programs, why) => {
  stand(programs);
  expect(await failureOf(check())).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(why) as string,
  });
});

test('a host that never joined is told with all else that is wrong, and what to do', async () => {
  rmSync(worker.path('/etc/kubernetes'), { recursive: true });
  stand({ systemctl: 'false' });
  const { message, detail } = await failureOf(check());
  expect(message).toContain(
    'its kubelet does not run; it has no CA: it never joined the cluster; it has no kubelet.conf',
  );
  expect(detail.next).toContain('holdfast promote --candidate');
});
