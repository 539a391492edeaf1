import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeKubeconfig } from '../../activities/remove-kubeconfig.ts';
import { callStep } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put } from './pki-fixture.ts';

let bastion: LocalHost;
beforeEach(async () => void (bastion = await LocalHost.make('bastion-1')));
afterEach(() => bastion.remove());

const own = '/var/lib/holdfast/demo/kubeconfig';
const roots = '/root/.kube/config';
const heading = (cluster: string) =>
  `# Written by holdfast for the cluster ${cluster}: changes made here are overwritten.\n`;
const remove = () => callStep(removeKubeconfig, {}, [bastion]);
const there = () => [own, roots].map((path) => existsSync(bastion.path(path)));

test('holdfast’s file and root’s copy of it go, and a second time nothing is found', async () => {
  put(bastion, own, heading('demo'));
  put(bastion, roots, `${heading('demo')}apiVersion: v1\n`);
  expect(await remove()).toMatchObject({ changed: true });
  expect(there()).toEqual([false, false]);
  expect(await remove()).toEqual({ changed: false, summary: 'no kubeconfig of this cluster is there' });
});

test.each([
  ['of another cluster', heading('demo-two')],
  ['that somebody wrote', 'apiVersion: v1\n'],
])('root’s file %s is left alone', async (_, content) => {
  put(bastion, own, heading('demo'));
  put(bastion, roots, content);
  expect(await remove()).toMatchObject({ changed: true });
  expect(there()).toEqual([false, true]);
});
