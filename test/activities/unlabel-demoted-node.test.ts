import { expect, it } from 'vitest';
import { unlabelDemotedNode } from '../../activities/unlabel-demoted-node.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';
import { changesOf } from './unit-states.ts';

const label = 'node-role.kubernetes.io/control-plane';

function bastion(labelled: boolean, obeys = true) {
  let is = labelled;
  return fakeHost('bastion-1')
    .on(/ get node worker-1 -o json$/, () => ({
      stdout: JSON.stringify({
        metadata: { name: 'worker-1', labels: { a: '', ...(is && { [label]: '' }) } },
      }),
    }))
    .on(/ label node worker-1 node-role\.kubernetes\.io\/control-plane-$/, () => {
      if (obeys) is = false;
      return {};
    });
}
const unlabel = (host: ReturnType<typeof bastion>) =>
  runStep(unlabelDemotedNode, { node: 'worker-1' }, [host]);

it('takes the label off, and nothing else', async () => {
  const host = bastion(true);
  expect(await unlabel(host)).toMatchObject({ changed: true });
  expect(changesOf(host)).toHaveLength(1);
});

it('leaves a node alone that has no such label', async () => {
  const host = bastion(false);
  expect(await unlabel(host)).toEqual({
    changed: false,
    summary: 'worker-1 is not labelled control-plane',
  });
  expect(changesOf(host)).toEqual([]);
});

it('is not done before the label is gone', async () => {
  await expect(unlabel(bastion(true, false))).rejects.toMatchObject({ type: 'NotYet' });
});
