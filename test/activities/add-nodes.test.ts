import { mkdirSync } from 'node:fs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { addNodes } from '../../activities/add-nodes.ts';
import { removeNodes } from '../../activities/remove-nodes.ts';
import { HostError } from '../../hosts/errors.ts';
import { ansibleBin } from '../../lab/ansible.ts';
import { callStep, failureOf } from './call-step.ts';
import { layPlaybooks, readyNodes, smallInventory } from './laid-playbooks.ts';
import { LocalHost } from './local-host.ts';
import { put as putOn } from './pki-fixture.ts';

let bastion: LocalHost;
let master: LocalHost;
let worker: LocalHost;

beforeAll(async () => {
  await ansibleBin();
}, 300_000);

const nodes = (...ready: string[]) => ({ stdout: readyNodes(...ready) });
const lay = (playbooks: Readonly<Record<string, string>>) => layPlaybooks(bastion, playbooks);

/** A play that writes down where it ran and with what, then does `more`. */
const play = (name: string, hosts: string, more = '') => `- hosts: "${hosts}"
  become: false
  gather_facts: false
  tasks:
    - ansible.builtin.shell: "echo ${name} {{ inventory_hostname }} {{ reset_nodes | default('') }} >> ${bastion.path('/var/ran')}"
${more}`;
const ran = async () =>
  (await execa('sh', ['-c', `sort ${bastion.path('/var/ran')} 2> /dev/null || true`])).stdout;

beforeEach(async () => {
  bastion = (await LocalHost.make('bastion-1')).on(/^systemctl list-units/, { stdout: '' });
  worker = await LocalHost.make('worker-1');
  master = (await LocalHost.make('master-1'))
    .on(/get nodes -o json/, nodes('master-1'))
    .on(/etcdctl .* endpoint health --cluster/, {
      stdout: '[{"endpoint":"https://10.0.0.31:2379","health":true}]',
    });
  mkdirSync(bastion.path('/var'), { recursive: true });
});
afterEach(() => [bastion, master, worker].forEach((host) => host.remove()));

const add = (job = 1, environment?: MockActivityEnvironment) =>
  callStep(addNodes, { ...smallInventory, nodes: ['worker-1'] }, [bastion, master, worker], {
    job,
    ...(environment && { environment }),
  });
const remove = (dead = false, job = 1, environment?: MockActivityEnvironment) =>
  callStep(removeNodes, { ...smallInventory, nodes: ['worker-1'], dead }, [bastion, master, worker], {
    job,
    ...(environment && { environment }),
  });
/** The attempt after which nobody tries again. */
const last = () => new MockActivityEnvironment({ attempt: 8 });
/** What the cluster says from the moment on at which the playbook has run. */
const afterwards = (...ready: string[]) => {
  const readJob = bastion.readJob.bind(bastion);
  bastion.readJob = async (...args) => {
    const state = await readJob(...args);
    if (state.state === 'ended') master.on(/get nodes -o json/, nodes(...ready));
    return state;
  };
};
const starts = () => bastion.done.filter((line) => line.startsWith('start '));

test('a worker node joins: facts of every host, then scale.yml on it alone', async () => {
  await lay({ 'playbooks/facts.yml': play('facts', 'all'), 'scale.yml': play('scale', 'all') });
  afterwards('master-1', 'worker-1');
  expect(await add()).toEqual({ changed: true, summary: 'worker-1 joined, and Ready' });
  expect(await ran()).toBe('facts master-1\nfacts worker-1\nscale worker-1');
  expect(await add(2)).toEqual({ changed: false, summary: 'worker-1: nodes of the cluster, and Ready' });
  expect(starts()).toEqual(['start holdfast-demo-add-nodes-01234567-1']);
});

test('where a host’s facts are not had, nobody is added', async () => {
  const fails = '    - { ansible.builtin.command: "false", when: inventory_hostname == "master-1" }\n';
  await lay({ 'playbooks/facts.yml': play('facts', 'all', fails), 'scale.yml': play('scale', 'all') });
  const failure = await failureOf(add());
  expect(failure).toMatchObject({ type: 'JobFailed', nonRetryable: true });
  expect(failure.message).toContain('scale.yml failed on master-1: task "ansible.builtin.command"');
  expect(await ran()).not.toContain('scale');
});

test('a playbook that ended well and yet left no Ready node is no success', async () => {
  await lay({ 'playbooks/facts.yml': play('facts', 'all'), 'scale.yml': play('scale', 'all') });
  const failure = await failureOf(add());
  expect(failure.type).toBe('NotYet');
  expect(failure.message).toContain('scale.yml ended well, and yet: not Ready: worker-1');
});

test('that scale.yml never came to the new host is seen by the recap, though facts.yml did', async () => {
  await lay({ 'playbooks/facts.yml': play('facts', 'all'), 'scale.yml': play('scale', 'nobody') });
  const failure = await failureOf(add());
  expect(failure.message).toContain('scale.yml ended with 0, but its recap does not vouch for worker-1');
});

test('a worker node leaves, by the host and by the cluster, and is looked for in both', async () => {
  await lay({
    'remove-node.yml': play(
      'remove',
      '{{ node }}',
      `    - ansible.builtin.file: { path: "${worker.path('/etc/kubernetes/kubelet.conf')}", state: absent }\n`,
    ),
  });
  putOn(worker, '/etc/kubernetes/kubelet.conf', '');
  expect(await remove()).toEqual({ changed: true, summary: 'worker-1 removed' });
  expect(await remove(false, 2)).toEqual({
    changed: false,
    summary: 'worker-1: no nodes of the cluster, nothing of it on them',
  });
  expect(await ran()).toBe('remove worker-1');
});

test('a dead one is not gone to, and Kubespray is told so', async () => {
  await lay({ 'remove-node.yml': play('remove', '{{ node }}') });
  worker.on(/./, new HostError('ConnectionLost', 'worker-1', 'silent', { next: 'wait' }));
  master.on(/get nodes -o json/, nodes('master-1', 'worker-1'));
  afterwards('master-1');
  expect(await remove(true)).toEqual({ changed: true, summary: 'worker-1 removed' });
  expect(await ran()).toBe('remove worker-1 False');
  expect(worker.done).toEqual([]);
});

test('a node that is still there after the playbook is no success', async () => {
  await lay({ 'remove-node.yml': play('remove', '{{ node }}') });
  master.on(/get nodes -o json/, nodes('master-1', 'worker-1'));
  const failure = await failureOf(remove(true));
  expect(failure).toMatchObject({ type: 'NotYet', nonRetryable: false });
  expect(failure.message).toContain('remove-node.yml ended well, and yet: worker-1 is a node');
});

test.each([
  ['one that stays is removed', () => remove(true, 1, last()), 'remove-node.yml', ['master-1', 'worker-1']],
  ['one that joins is added', () => add(1, last()), 'scale.yml', ['master-1']],
] as const)('%s only by a new run, which a person’s retry starts', async (_, run, name, ready) => {
  await lay({
    'playbooks/facts.yml': play('facts', 'all'),
    'scale.yml': play('scale', 'all'),
    'remove-node.yml': play('remove', '{{ node }}'),
  });
  master.on(/get nodes -o json/, nodes(...ready));
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'JobFailed', nonRetryable: true });
  expect(failure.message).toContain(`${name} ended well, and yet: `);
  expect(failure.detail.next).toMatch(/; a retry runs the playbook again\.$/);
});

test('nobody is removed while nobody answers for the cluster: its pods could not be moved', async () => {
  await lay({ 'remove-node.yml': play('remove', '{{ node }}') });
  master.on(/get nodes -o json/, { code: 1 });
  expect(await failureOf(remove())).toMatchObject({
    type: 'ProblemFound',
    message: expect.stringContaining('no control-plane node answers for the cluster') as string,
  });
  expect(starts()).toEqual([]);
});

test('neither adds or removes beside a promoted worker node', async () => {
  await lay({ 'remove-node.yml': play('remove', '{{ node }}') });
  bastion.on(/get nodes -l node-role\.kubernetes\.io\/control-plane -o name/, { stdout: 'node/worker-1\n' });
  for (const run of [add, () => remove(true)]) {
    master.on(/get nodes -o json/, run === add ? nodes('master-1') : nodes('master-1', 'worker-1'));
    expect((await failureOf(run())).message).toContain('knows nothing of promoted worker nodes: worker-1');
  }
  expect(starts()).toEqual([]);
});
