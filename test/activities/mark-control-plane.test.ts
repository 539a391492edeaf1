import { expect, it } from 'vitest';
import { markControlPlane } from '../../activities/mark-control-plane.ts';
import type { ControlPlaneMarks } from '../../cluster/steps.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';
import { changesOf } from './unit-states.ts';

const label = 'node-role.kubernetes.io/control-plane';
const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** A cluster whose nodes have these labels. */
function bastion(nodes: Record<string, string[]>, obeys = true) {
  const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig --request-timeout=20s';
  return fakeHost('bastion-1')
    .on(`${kubectl} get nodes -o json`, () => ({
      stdout: JSON.stringify({
        items: Object.entries(nodes).map(([name, labels]) => ({
          metadata: { name, labels: Object.fromEntries(labels.map((one) => [one, ''])) },
        })),
      }),
    }))
    .on(/ taint node /)
    .on(/ label node (\S+)/, (command) => {
      const name = / label node (\S+)/.exec(command)![1]!;
      if (obeys) nodes[name]!.push(label);
      return {};
    });
}
const mark = (host: ReturnType<typeof bastion>, ...nodes: ControlPlaneMarks[]) =>
  runStep(markControlPlane, { nodes }, [host]);
const said = (host: ReturnType<typeof bastion>) =>
  changesOf(host).map((command) => command.replace(/^.*?--request-timeout=20s /, ''));

it('leaves a node alone that has the label, whatever its taints: a person may have removed one', async () => {
  const host = bastion({ 'master-1': [label] });
  expect(await mark(host, { name: 'master-1', taint: true })).toEqual({
    changed: false,
    summary: 'control-plane nodes are marked as such',
  });
  expect(said(host)).toEqual([]);
});

it('gives one that registered again its taint, then its labels', async () => {
  const host = bastion({ 'master-1': [], 'master-2': [label] });
  expect(await mark(host, { name: 'master-1', taint: true }, { name: 'master-2', taint: true })).toEqual({
    changed: true,
    summary: 'marked as control plane: master-1',
  });
  expect(said(host)).toEqual([
    `taint node master-1 --overwrite ${label}=:NoSchedule`,
    `label node master-1 --overwrite ${label}= ${excluded}=`,
  ]);
});

it('gives one that registered again the labels that the spec has for it, before it says that all is done', async () => {
  const host = bastion({ 'master-1': [] });
  await mark(host, {
    name: 'master-1',
    taint: true,
    labels: { 'topology.kubernetes.io/zone': 'a', disk: '' },
  });
  expect(said(host)).toEqual([
    `taint node master-1 --overwrite ${label}=:NoSchedule`,
    'label node master-1 --overwrite topology.kubernetes.io/zone=a disk=',
    `label node master-1 --overwrite ${label}= ${excluded}=`,
  ]);
});

it('gives a promoted worker node the label alone', async () => {
  const host = bastion({ 'worker-1': [] });
  await mark(host, { name: 'worker-1', taint: false });
  expect(said(host)).toEqual([`label node worker-1 --overwrite ${label}=`]);
});

it('marks none that it was not asked for, and none that is not registered', async () => {
  const host = bastion({ 'worker-1': [] });
  expect(await mark(host, { name: 'master-9', taint: true })).toMatchObject({ changed: false });
  expect(said(host)).toEqual([]);
});

it('is not done before the label is seen', async () => {
  const host = bastion({ 'master-1': [] }, false);
  await expect(mark(host, { name: 'master-1', taint: true })).rejects.toMatchObject({ type: 'NotYet' });
});
