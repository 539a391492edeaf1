import { expect, test } from 'vitest';
import { removeLostNodes } from '../../activities/remove-lost-nodes.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig --request-timeout=20s';
const now = Date.parse('2026-11-25T12:00:00Z');

interface Pod {
  readonly name: string;
  readonly on: string;
  readonly namespace?: string;
  readonly owner?: string;
}

interface World {
  readonly nodes: string[];
  readonly pods?: readonly Pod[];
  /** Node → seconds since its kubelet renewed its lease. */
  readonly renewed?: Readonly<Record<string, number>>;
  readonly obeys?: boolean;
}

function bastion({ nodes, pods = [], renewed = {}, obeys = true }: World) {
  const items = (of: readonly unknown[]) => ({ stdout: JSON.stringify({ items: of }) });
  return fakeHost('bastion-1')
    .on('date +%s', { stdout: `${now / 1000}\n` })
    .on(`${kubectl} get nodes -o json`, () => items(nodes.map((name) => ({ metadata: { name } }))))
    .on(`${kubectl} -n kube-node-lease get leases -o json`, () =>
      items(
        Object.entries(renewed).map(([name, ago]) => ({
          metadata: { name },
          spec: { renewTime: new Date(now - ago * 1000).toISOString() },
        })),
      ),
    )
    .on(/ get pods --all-namespaces --field-selector spec\.nodeName=(\S+) /, (command) => {
      const node = /nodeName=(\S+)/.exec(command)?.[1];
      return items(
        pods
          .filter(({ on }) => on === node)
          .map(({ name, on, namespace = 'kube-system', owner = 'ReplicaSet' }) => ({
            metadata: { name, namespace, ownerReferences: [{ kind: owner }] },
            spec: { nodeName: on },
          })),
      );
    })
    .on(/ -n kube-system delete pods /)
    .on(/ delete nodes /, (command) => {
      if (obeys) nodes.splice(0, nodes.length, ...nodes.filter((name) => !command.split(' ').includes(name)));
      return {};
    });
}

const lost = ['master-1', 'master-2'];
const run = (host: ReturnType<typeof bastion>) => runStep(removeLostNodes, { lost }, [host]);
const deletions = (host: ReturnType<typeof bastion>) =>
  host.done.filter((what) => what.includes(' delete ')).map((what) => what.slice(kubectl.length + 1));

test('lost nodes go, and the pods of kube-system that nothing else would replace for minutes', async () => {
  const host = bastion({
    nodes: ['master-1', 'master-2', 'worker-1'],
    pods: [
      { name: 'coredns-1', on: 'master-1' },
      { name: 'kube-apiserver-master-1', on: 'master-1', owner: 'Node' },
      { name: 'kube-proxy-1', on: 'master-2', owner: 'DaemonSet' },
    ],
    renewed: { 'master-1': 26, 'master-2': 3600 },
  });
  expect(await run(host)).toEqual({
    changed: true,
    summary: 'removed master-1, master-2, 1 pods of kube-system deleted',
  });
  expect(deletions(host)).toEqual([
    '-n kube-system delete pods --force --grace-period=0 --wait=false --ignore-not-found coredns-1',
    'delete nodes --wait=false --ignore-not-found master-1 master-2',
  ]);
});

test('where they are gone already nothing is deleted', async () => {
  const host = bastion({ nodes: ['worker-1'] });
  expect(await run(host)).toEqual({
    changed: false,
    summary: 'no node to remove, 0 pods of kube-system deleted',
  });
  expect(deletions(host)).toEqual([]);
});

test('one whose kubelet renewed its lease within 25 s lives, and stays with its pods', async () => {
  const host = bastion({
    nodes: ['master-1', 'master-2'],
    pods: [{ name: 'coredns-1', on: 'master-1' }],
    renewed: { 'master-1': 24, 'master-2': 25 },
  });
  expect(await run(host)).toMatchObject({ problem: 'master-1 lives, and stays' });
  expect(deletions(host)).toEqual(['delete nodes --wait=false --ignore-not-found master-2']);
});

test('a pod that may write to a volume still keeps its node until a person says that the host is off', async () => {
  const host = bastion({
    nodes: ['master-1', 'master-2'],
    pods: [
      { name: 'db-0', namespace: 'shop', on: 'master-1', owner: 'StatefulSet' },
      { name: 'coredns-1', on: 'master-1' },
    ],
  });
  const { summary, problem } = (await run(host)) as { summary: string; problem: string };
  expect(summary).toContain('removed master-2, 1 pods of kube-system deleted');
  expect(problem).toBe(
    '1 other pods (shop/db-0) wait for the word that master-1 is off: kubectl taint node master-1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
  );
  expect(deletions(host).join()).not.toContain('nodes --wait=false --ignore-not-found master-1');
});

test('a node that is still there after it was deleted is not called removed', async () => {
  expect(await failureOf(run(bastion({ nodes: ['master-1'], obeys: false })))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('master-1 is still a node after it was deleted') as string,
  });
});
