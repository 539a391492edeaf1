import { expect, test } from 'vitest';
import { copyKubectl } from '../../activities/copy-kubectl.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const sum = 'sha256sum < /usr/local/bin/kubectl 2>/dev/null || true';
const [ours, another] = ['a'.repeat(64), 'b'.repeat(64)] as const;
const said = (of: string) => ({ stdout: of === '' ? '' : `${of}  -\n` });

function hosts(present: string, { onBastion = ours, arrives = ours } = {}) {
  let now = present;
  const host = fakeHost('worker-1')
    .on(sum, () => said(now))
    .on(/^set -eu; file=.*install -m 0755 /s, () => {
      now = arrives;
      return arrives === '' ? { code: 75, stderr: 'it did not arrive whole' } : {};
    });
  const bastion = fakeHost('bastion-1')
    .on(sum, () => said(onBastion))
    .on(/^ssh .*StrictHostKeyChecking=yes.* < \/usr\/local\/bin\/kubectl$/);
  return { host, bastion };
}
const run = ({ host, bastion }: ReturnType<typeof hosts>) =>
  runStep(copyKubectl, { bastion: 'bastion-1' }, [host, bastion]);
const copied = ({ bastion }: ReturnType<typeof hosts>) =>
  bastion.done.some((what) => what.startsWith('ssh '));

test.each(['', another])('a node that has %j gets the bastion’s', async (present) => {
  const world = hosts(present);
  expect(await run(world)).toEqual({
    changed: true,
    summary: '/usr/local/bin/kubectl copied from bastion-1',
  });
  expect(copied(world)).toBe(true);
});

test('a node that has the bastion’s is left alone', async () => {
  const world = hosts(ours);
  expect(await run(world)).toMatchObject({ changed: false });
  expect(copied(world)).toBe(false);
});

test('a bastion without kubectl is a problem for a person', async () => {
  const world = hosts(another, { onBastion: '' });
  expect(await failureOf(run(world))).toMatchObject({
    type: 'ProblemFound',
    message: expect.stringContaining('it has no /usr/local/bin/kubectl') as string,
  });
  expect(copied(world)).toBe(false);
});

test('a copy that did not arrive whole is not put in place', async () => {
  expect(await failureOf(run(hosts(another, { arrives: '' })))).toMatchObject({
    type: 'CommandFailed',
    message: expect.stringContaining('it did not arrive whole') as string,
  });
});

test('one that is another after it was copied is not called done', async () => {
  expect(await failureOf(run(hosts('', { arrives: another })))).toMatchObject({ type: 'NotYet' });
});
