import { expect, test } from 'vitest';
import { checkEtcd } from '../../activities/check-etcd.ts';
import { HostError } from '../../hosts/errors.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const names = ['etcd-1', 'etcd-2', 'etcd-3'];
const url = (name: string) => `https://${name}:2379`;
const member = (name: string, more: object = {}) => ({ name, clientURLs: [url(name)], ...more });
const well = (name: string) => ({ endpoint: url(name), health: true });

function etcd(name: string, members: readonly object[], health: readonly object[]) {
  return fakeHost(name)
    .on(/etcdctl .* member list -w json$/, { stdout: JSON.stringify({ members }) })
    .on(/etcdctl .* endpoint health --cluster -w json$/, { code: 1, stdout: JSON.stringify(health) });
}
const off = (name: string) =>
  fakeHost(name).on(/etcdctl/, new HostError('ConnectionLost', name, `${name} is silent`, { next: 'wait' }));
const check = (...hosts: ReturnType<typeof etcd>[]) =>
  runStep(checkEtcd, { etcd: names }, [fakeHost('bastion-1'), ...hosts]);
const [second, third] = [off('etcd-2'), off('etcd-3')];

test('as many members as the spec names, each healthy, are as wanted', async () => {
  const first = etcd(
    'etcd-1',
    names.map((name) => member(name)),
    names.map(well),
  );
  expect(await check(first, second, third)).toEqual({ changed: false, summary: '3 etcd members healthy' });
});

test('a member that is silent is asked through the others', async () => {
  const last = etcd(
    'etcd-3',
    names.map((name) => member(name)),
    names.map(well),
  );
  expect(await check(off('etcd-1'), second, last)).toMatchObject({ summary: '3 etcd members healthy' });
});

const all = names.map((name) => member(name));
test.each([
  [
    'one that is ill',
    all,
    [well('etcd-1'), well('etcd-2'), { ...well('etcd-3'), health: false, error: 'no leader' }],
    'https://etcd-3:2379 is not healthy (no leader)',
  ],
  ['one that was not heard', all, [well('etcd-1'), well('etcd-2')], 'etcd-3 did not answer'],
  [
    'a learner',
    [...all.slice(0, 2), member('etcd-3', { isLearner: true })],
    names.map(well),
    'etcd-3 is a learner still',
  ],
  ['one too few', all.slice(0, 2), names.slice(0, 2).map(well), 'etcd has 2 members, the spec 3'],
  [
    'one too many',
    [...all, member('etcd-4')],
    [...names, 'etcd-4'].map(well),
    'etcd has 4 members, the spec 3',
  ],
])('%s is named', async (_what, members, health, why) => {
  expect(await failureOf(check(etcd('etcd-1', members, health), second, third))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(why) as string,
  });
});

test('where no member answers nothing is known of them', async () => {
  expect(await failureOf(check(off('etcd-1'), second, third))).toMatchObject({ type: 'ConnectionLost' });
});
