import { expect, test } from 'vitest';
import { checkEtcdQuorum } from '../../activities/check-etcd-quorum.ts';
import { HostError } from '../../hosts/errors.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const read = /etcdctl .* get \/ --limit=1 --keys-only --consistency=l -w json$/;
const member = (name: string) => fakeHost(name).on('true').on(read, { stdout: '{"header":{}}\n' });
const withoutQuorum = (name: string) =>
  fakeHost(name).on('true').on(read, { code: 1, stderr: 'context deadline exceeded' });
const off = (name: string) =>
  fakeHost(name).on(
    'true',
    new HostError('ConnectionLost', name, `${name} does not answer`, { next: 'wait' }),
  );
type Member = ReturnType<typeof member>;
const check = (...members: [Member, ...Member[]]) =>
  runStep(checkEtcdQuorum, { etcd: members.map(({ name }) => name) }, [fakeHost('worker-1'), ...members]);

test('a member that reads through etcd shows its quorum', async () => {
  expect(await check(member('etcd-1'), member('etcd-2'))).toEqual({
    changed: false,
    summary: 'etcd has its quorum: etcd-1 read through it',
  });
});

test('members that are off, or cut off from the others, are passed over', async () => {
  expect(await check(off('etcd-1'), withoutQuorum('etcd-2'), member('etcd-3'))).toMatchObject({
    summary: 'etcd has its quorum: etcd-3 read through it',
  });
});

test('where no member reads there is none, and each one’s word is told', async () => {
  const { type, message } = await failureOf(
    check(withoutQuorum('etcd-1'), withoutQuorum('etcd-2'), off('etcd-3')),
  );
  expect(type).toBe('NotYet');
  expect(message).toMatch(/etcd-1: etcdctl .*; etcd-2: etcdctl /);
});

test('where no etcd host answers, the error is the host’s', async () => {
  expect(await failureOf(check(off('etcd-1'), off('etcd-2')))).toMatchObject({ type: 'ConnectionLost' });
});
