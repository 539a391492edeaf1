import { beforeEach, expect, test } from 'vitest';
import { installTiller } from '../../activities/install-tiller.ts';
import { renderTillerAccess, tillerCommand } from '../../cluster/render/tiller.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';

const tiller = { namespace: 'kube-system', image: 'ghcr.io/helm/tiller:v2.17.0', manages: [] };
const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig';
const helm = /^HOME=\/root KUBECONFIG=\/var\/lib\/holdfast\/demo\/kubeconfig \/usr\/local\/bin\/helm /;
const both = { stdout: 'v2.17.0 v2.17.0' };
let bastion: FakeHost;
let inited: string[];
/** What the cluster has: of its access, of the deployment, and what helm version says. */
let now: { access: 'same' | 'differs' | 'immutable'; deployment: object | undefined; versions: object };

const deployment = (image = tiller.image, command: readonly string[] = tillerCommand) => ({
  spec: { template: { spec: { serviceAccountName: 'tiller', containers: [{ image, command }] } } },
  status: { availableReplicas: 1 },
});
const run = () => runStep(installTiller, { tiller }, [bastion]);

beforeEach(() => {
  inited = [];
  now = { access: 'same', deployment: deployment(), versions: both };
  const diffs = {
    same: {},
    differs: { code: 1 },
    immutable: { code: 2, stderr: 'ClusterRoleBinding "tiller" is invalid: roleRef: cannot change roleRef' },
  };
  bastion = fakeHost('bastion-1')
    .on(`${kubectl} diff -f -`, () => diffs[now.access])
    .on(`${kubectl} --request-timeout=20s apply -f -`, () => ((now.access = 'same'), {}))
    .on(/get deployments --field-selector metadata.name=tiller-deploy -o json$/, () => ({
      stdout: JSON.stringify({ items: now.deployment ? [now.deployment] : [] }),
    }))
    .on(
      (command) => helm.test(command) && command.includes(' version '),
      () => now.versions,
    )
    .on(
      (command) => helm.test(command) && command.includes(' init '),
      (command) => {
        inited.push(command);
        Object.assign(now, { deployment: deployment(), versions: both });
        return {};
      },
    );
});

test('a Tiller that answers as wanted is left alone, and each time said to be out of support', async () => {
  expect(await run()).toEqual({
    changed: false,
    summary: 'Tiller v2.17.0 answers helm',
    problem: expect.stringContaining('out of support since November 2020') as string,
  });
  expect(inited).toEqual([]);
});

test('where there is none, it gets its account and role first, and helm init with them', async () => {
  Object.assign(now, { access: 'differs', deployment: undefined, versions: { code: 1 } });
  expect(await run()).toMatchObject({ changed: true });
  expect(bastion.stdins[0]).toBe(renderTillerAccess(tiller));
  expect(inited).toHaveLength(1);
  expect(inited[0]).toContain(' init --service-account tiller --tiller-namespace kube-system ');
  expect(inited[0]).toContain('--listen=localhost:44134');
});

test.each([
  ['another image', deployment('ghcr.io/helm/tiller:v2.16.0')],
  ['one that listens for everybody', deployment(tiller.image, ['/tiller'])],
  ['one that is not available', { ...deployment(), status: {} }],
])('%s is brought to what is wanted', async (_, had) => {
  now.deployment = had;
  expect(await run()).toMatchObject({ changed: true });
  expect(inited).toHaveLength(1);
});

test('one that does not answer after helm init is not called done', async () => {
  now.versions = { code: 1 };
  bastion.on((command) => helm.test(command) && command.includes(' init '), {});
  await expect(run()).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('helm version says client nothing, server nothing') as unknown,
  });
});

test('a binding of the same name that grants something else is somebody’s own', async () => {
  now.access = 'immutable';
  await expect(run()).rejects.toMatchObject({ type: 'ProblemFound', nonRetryable: true });
  expect(inited).toEqual([]);
});
