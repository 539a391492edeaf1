import { dump } from 'js-yaml';
import { expect, test } from 'vitest';
import { copyKubeconfig } from '../../activities/copy-kubeconfig.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const server = 'https://10.0.0.100:6443';
const ours = '/var/lib/holdfast/demo/kubeconfig';
const roots = '/root/.kube/config';
const admin = dump({
  clusters: [
    { name: 'c', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'Q0E=' } },
  ],
  users: [{ name: 'admin', user: { 'client-key-data': 'U0VDUkVU' } }],
});
const bastion = (root?: string) =>
  fakeHost('bastion-1')
    .on(/^install -d -m 0700/)
    .file(ours, undefined)
    .file(roots, root);
const master = (name: string, content = admin, code = 0) =>
  fakeHost(name)
    .on(/get --raw \/readyz$/, { code })
    .file('/etc/kubernetes/admin.conf', content);
const input = { server, controlPlane: ['m1', 'm2'] };

test('the kubeconfig goes to the internal address; a second time it is there', async () => {
  const host = bastion();
  const run = () => callStep(copyKubeconfig, input, [host, master('m1'), master('m2')]);
  expect(await run()).toMatchObject({ changed: true });
  expect(host.content(ours)).toContain(`server: ${server}`);
  expect(host.content(roots)).toBe(host.content(ours));
  expect(await run()).toMatchObject({ changed: false });
  expect(host.done.filter((line) => line.startsWith('write'))).toEqual([`write ${ours}`, `write ${roots}`]);
});

test('a control-plane node that does not serve is passed over', async () => {
  expect(
    await callStep(copyKubeconfig, input, [bastion(), master('m1', admin, 1), master('m2')]),
  ).toMatchObject({
    changed: true,
  });
});

test('root’s kubeconfig for another cluster is left alone', async () => {
  const host = bastion('apiVersion: v1\n');
  const { summary } = await callStep(copyKubeconfig, input, [host, master('m1'), master('m2')]);
  expect(host.content(roots)).toBe('apiVersion: v1\n');
  expect(summary).toContain('left alone');
});

test('where no control plane serves, each is named', async () => {
  const failure = await failureOf(
    callStep(copyKubeconfig, input, [bastion(), master('m1', admin, 1), master('m2', admin, 1)]),
  );
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toMatch(/m1: .*m2: /);
});

test('what is no kubeconfig is refused without showing it', async () => {
  const failure = await failureOf(
    callStep(copyKubeconfig, input, [bastion(), master('m1', 'U0VDUkVU: [broken'), master('m2')]),
  );
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(JSON.stringify(failure.detail)).not.toContain('U0VDUkVU');
});
