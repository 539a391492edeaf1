import { expect, test } from 'vitest';
import { labelPromotedNode } from '../../activities/label-promoted-node.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const role = 'node-role.kubernetes.io/control-plane';
const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers';
const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig --request-timeout=20s';
const label = `${kubectl} label node worker-1 --overwrite ${role}= ${excluded}-`;

function bastion(labels: Record<string, string>, obeys = true) {
  return fakeHost('bastion-1')
    .on(`${kubectl} get node worker-1 -o json`, () => ({
      stdout: JSON.stringify({ metadata: { name: 'worker-1', labels } }),
    }))
    .on(label, () => {
      if (obeys) labels[role] = '';
      if (obeys) delete labels[excluded];
      return {};
    });
}
const run = (host: ReturnType<typeof bastion>) => runStep(labelPromotedNode, { node: 'worker-1' }, [host]);

test('a worker node gets the label and no taint', async () => {
  const host = bastion({});
  expect(await run(host)).toEqual({
    changed: true,
    summary: 'worker-1 labelled control-plane, without a taint',
  });
  expect(host.done.filter((what) => what.includes('taint'))).toEqual([]);
});

test('one that has it is left alone', async () => {
  const host = bastion({ [role]: '' });
  expect(await run(host)).toMatchObject({ changed: false });
  expect(host.done).not.toContain(label);
});

test('one that Services’ load balancers leave out is taken in again: it goes on carrying pods', async () => {
  const labels = { [role]: '', [excluded]: '' };
  expect(await run(bastion(labels))).toMatchObject({ changed: true });
  expect(labels).toEqual({ [role]: '' });
});

test('a label that does not stay is not called done', async () => {
  expect(await failureOf(run(bastion({}, false)))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('worker-1 is not labelled after it was') as string,
  });
});
