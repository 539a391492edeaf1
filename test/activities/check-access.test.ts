import { expect, test } from 'vitest';
import { checkAccess } from '../../activities/check-access.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const server = 'https://10.0.0.100:6443';
const access = (mode = '600 root', to = server, nodes = ['m1', 'w1']) =>
  callStep(checkAccess, { server, nodes: ['m1', 'w1'] }, [
    fakeHost('bastion-1')
      .on(/^stat /, { stdout: `${mode}\n` })
      .on(/config view/, { stdout: to })
      .on(/get nodes -o json$/, {
        stdout: JSON.stringify({ items: nodes.map((name) => ({ metadata: { name } })) }),
      }),
  ]);

test('access is there when kubectl lists the nodes through the address', async () => {
  expect(await access()).toEqual({ changed: false, summary: `kubectl lists 2 nodes through ${server}` });
});

test.each([
  ['a kubeconfig that others may read', ['644 root'], 'ProblemFound', 'may be read by others'],
  [
    'a kubeconfig for another address',
    ['600 root', 'https://10.0.0.31:6443'],
    'ProblemFound',
    'goes to https://10.0.0.31',
  ],
  ['a node that is not listed yet', ['600 root', server, ['m1']], 'NotYet', 'does not list w1'],
] as const)('%s is told', async (_title, [mode, to, nodes], type, text) => {
  const failure = await failureOf(access(mode, to, nodes && [...nodes]));
  expect(failure.type).toBe(type);
  expect(failure.message).toContain(text);
});
