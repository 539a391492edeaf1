import { expect, test } from 'vitest';
import { createStorageClass } from '../../activities/create-storage-class.ts';
import { type FakeAnswer, fakeHost } from '../../hosts/fake.ts';
import { exampleCluster } from '../cluster/example.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const { nfs } = exampleCluster('twelve-hosts').storage!;
const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig';
const diff = `${kubectl} diff -f -`;
const timed = `${kubectl} --request-timeout=20s`;
const immutable = {
  code: 2,
  stderr: 'StorageClass "nfs" is invalid: parameters: Forbidden: updates to parameters are forbidden.',
};

function bastion(...diffs: readonly FakeAnswer[]) {
  const left = [...diffs];
  return fakeHost('bastion-1')
    .on(diff, () => left.shift() ?? { code: 64, stderr: 'asked once too often' })
    .on(`${timed} apply -f -`)
    .on(`${timed} delete storageclass ${nfs.storageClass} --ignore-not-found`);
}
const run = (host: ReturnType<typeof bastion>) =>
  runStep(createStorageClass, { nfs, serverAddress: '192.0.2.51' }, [host]);
const verbs = (host: ReturnType<typeof bastion>) =>
  host.done.map((what) => /(diff|apply|delete)/.exec(what)?.[1]);

test('a class that is as wanted is left alone', async () => {
  const host = bastion({});
  expect(await run(host)).toMatchObject({ changed: false });
  expect(verbs(host)).toEqual(['diff']);
});

test('one that differs, or is not there, is applied', async () => {
  const host = bastion({ code: 1 }, {});
  expect(await run(host)).toMatchObject({
    changed: true,
    summary: expect.stringContaining('applied') as string,
  });
  expect(verbs(host)).toEqual(['diff', 'apply', 'diff']);
});

test('one whose parameters differ is replaced, for they cannot be changed', async () => {
  const host = bastion(immutable, {});
  expect(await run(host)).toMatchObject({ summary: expect.stringContaining('replaced') as string });
  expect(verbs(host)).toEqual(['diff', 'delete', 'apply', 'diff']);
});

test('one that differs still after it was applied is not called done', async () => {
  expect(await failureOf(run(bastion({ code: 1 }, { code: 1 })))).toMatchObject({ type: 'NotYet' });
});

test('a comparison that fails changes nothing', async () => {
  const host = bastion({ code: 2, stderr: 'connection refused' });
  expect(await failureOf(run(host))).toMatchObject({ type: 'CommandFailed' });
  expect(verbs(host)).toEqual(['diff']);
});
