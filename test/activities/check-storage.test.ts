import { beforeEach, expect, test } from 'vitest';
import { checkStorage } from '../../activities/check-storage.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const nfs = { server: 'nfs-1', path: '/srv/nfs', storageClass: 'nfs', default: true, archiveOnDelete: false };
const image = 'registry.k8s.io/pause:3.10';
const ready = [{ type: 'Ready', status: 'True' }];
const nodes = (...names: string[]) => ({
  stdout: JSON.stringify({
    items: ['w1', 'w2', 'w3'].map((name) => ({
      metadata: { name },
      status: { conditions: names.includes(name) ? ready : [], images: [] },
    })),
  }),
});

let bastion: FakeHost;
/** What was written through one mount is what the other shows. */
let written: string;
const worker = (name: string, images = `sha256:1\n${image}\n`) =>
  fakeHost(name)
    .on('ctr -n k8s.io images ls -q', { stdout: images })
    .on(/cat > "\$d\/written"/, (_, { stdin }) => ((written = String(stdin)), {}))
    .on(/cat "\$d\/written"/, () => ({ stdout: written }))
    .on(/rm -- "\$d\/written"/, () => ((written = ''), {}));

beforeEach(() => {
  written = '';
  bastion = fakeHost('bastion-1')
    .on(/delete namespace holdfast-check/)
    .on(/get nodes/, nodes('w1', 'w2', 'w3'))
    .on(/apply -f -$/)
    .on(/wait --for=condition=Ready/)
    .on(/get pods/, {
      stdout: JSON.stringify({
        items: ['u0', 'u1'].map((uid) => ({ metadata: { uid }, status: { conditions: ready } })),
      }),
    });
});
const run = (...workers: FakeHost[]) => runStep(checkStorage, { nfs }, [bastion, ...workers]);
const pods = () =>
  (
    JSON.parse(bastion.stdins[0] ?? '') as {
      items: { spec?: { nodeSelector?: object; containers?: { image: string }[] } }[];
    }
  ).items.slice(2);

test('a claim is written on one worker and read back on another, with the image that they have, and leaves no data', async () => {
  expect(await run(worker('w1'), worker('w2'), worker('w3'))).toEqual({
    changed: false,
    summary: 'a claim of nfs bound, written on w1, read back on w2',
  });
  expect(written).toBe('');
  expect(pods().map(({ spec }) => spec?.nodeSelector)).toEqual(
    ['w1', 'w2'].map((name) => ({ 'kubernetes.io/hostname': name })),
  );
  expect(pods().map(({ spec }) => spec?.containers?.[0]?.image)).toEqual([image, image]);
});

test('a worker that is not ready, or without the image, is passed over for the next', async () => {
  bastion.on(/get nodes/, nodes('w2', 'w3'));
  expect(await run(worker('w1'), worker('w2'), worker('w3'))).toMatchObject({
    summary: expect.stringContaining('written on w2, read back on w3') as string,
  });
  bastion.on(/get nodes/, nodes('w1', 'w2', 'w3'));
  expect(await run(worker('w1'), worker('w2', ''), worker('w3'))).toMatchObject({
    summary: expect.stringContaining('written on w1, read back on w3') as string,
  });
});

test('where there is one worker, one will do', async () => {
  expect(await run(worker('w1'))).toMatchObject({ changed: false });
});

test('of two workers both are needed: one cannot tell what the other sees', async () => {
  bastion.on(/get nodes/, nodes('w1'));
  const failure = await failureOf(run(worker('w1'), worker('w2')));
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toContain('1 of 2 worker nodes can be used: w2 is not Ready');
});

test('a worker that does not answer is named', async () => {
  const silent = fakeHost('w2').on(/^ctr/, { code: 1, stderr: 'ctr: cannot access containerd.sock' });
  expect((await failureOf(run(worker('w1'), silent))).message).toContain('w2: exit code 1: ctr: cannot');
});

test('what one wrote and the other does not read is a problem', async () => {
  const blind = worker('w2').on(/cat "\$d\/written"/, { stdout: 'of before' });
  expect(await failureOf(run(worker('w1'), blind))).toMatchObject({ type: 'ProblemFound' });
});
