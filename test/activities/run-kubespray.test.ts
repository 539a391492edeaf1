import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ActivityCancellationDetails } from '@temporalio/common';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { HostError } from '../../hosts/errors.ts';
import { runKubespray } from '../../activities/run-kubespray.ts';
import type { StepInputs } from '../../cluster/steps.ts';
import type { PlaybookProgress } from '../../cluster/status.ts';
import { ansibleBin } from '../../lab/ansible.ts';
import { type CallOptions, callStep, failureOf } from './call-step.ts';
import { layPlaybooks, readyNodes, smallInventory } from './laid-playbooks.ts';
import { LocalHost } from './local-host.ts';
import { put as putOn } from './pki-fixture.ts';

const job = 'holdfast-demo-run-kubespray-01234567-1';
const runDir = `/var/lib/holdfast/demo/runs/${job}`;
let bastion: LocalHost;
let master: LocalHost;
let worker: LocalHost;

beforeAll(async () => {
  await ansibleBin();
}, 300_000);

const put = (path: string, content: string) => putOn(bastion, path, content);
const nodes = readyNodes;
const lay = (tasks: string) =>
  layPlaybooks(bastion, {
    'cluster.yml': `- hosts: all\n  become: false\n  gather_facts: false\n  tasks:\n${tasks}`,
  });

beforeEach(async () => {
  bastion = (await LocalHost.make('bastion-1')).on(/^systemctl list-units/, { stdout: '' });
  worker = await LocalHost.make('worker-1');
  master = (await LocalHost.make('master-1'))
    .on(/get nodes -o json/, { stdout: nodes('master-1', 'worker-1') })
    .on(/get --raw \/readyz/, { stdout: 'ok' })
    .on(/etcdctl .* endpoint health --cluster/, {
      stdout: '[{"endpoint":"https://10.0.0.31:2379","health":true}]',
    });
});
afterEach(() => [bastion, master, worker].forEach((host) => host.remove()));

const input: StepInputs['run-kubespray'] = {
  ...smallInventory,
  kubespray: { ...smallInventory.kubespray, vars: { a_password: { fromFile: '/secret' } } },
  playbook: 'cluster.yml',
};
const run = (options: CallOptions = {}, candidates: readonly string[] = []) =>
  callStep(runKubespray, { ...input, candidates }, [bastion, master, worker], {
    localFiles: { '/secret': 'hunter2\n' },
    ...options,
  });
const starts = () => bastion.done.filter((line) => line.startsWith('start '));

const good = `    - { name: One, ansible.builtin.debug: { msg: a } }
    - { name: Two, ansible.builtin.debug: { msg: b } }
`;

test('a playbook runs to its end, its progress is told, and the same inputs are not run again', async () => {
  await lay(good);
  const beats: PlaybookProgress[] = [];
  const environment = new MockActivityEnvironment();
  environment.on('heartbeat', (details) => beats.push(details as PlaybookProgress));
  expect(await run({ environment })).toEqual({
    changed: true,
    summary: 'cluster.yml ended well on 2 hosts, 2 tasks',
  });
  expect(beats.at(-1)).toMatchObject({ done: 2, total: 2, task: 'Two', failedHosts: [] });

  expect(await run({ job: 2 })).toMatchObject({ changed: false });
  expect(starts()).toEqual([`start ${job}`]);
});

test('an attempt after the job has ended takes its result and starts nothing', async () => {
  await lay(good);
  await run();
  expect(await run()).toMatchObject({ changed: true });
  expect(starts()).toHaveLength(1);
});

test('a changed inventory, or a cluster that no longer serves, makes it run again', async () => {
  await lay(good);
  await run();
  put('/var/lib/holdfast/demo/inventory/group_vars/all/spec.yml', 'a: 1\n');
  expect(await run({ job: 2 })).toMatchObject({ changed: true });
  master.on(/get nodes -o json/, { stdout: nodes('master-1') });
  expect((await failureOf(run({ job: 3 }))).message).toContain('not Ready: worker-1');
  expect(starts()).toHaveLength(3);
});

test('a failed task names host, task and message, hides secrets, and no retry of Temporal cures it', async () => {
  await lay(`    - name: Breaks
      ansible.builtin.shell: "echo the password is hunter2 >&2; exit 7"
      when: inventory_hostname == 'worker-1'
`);
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'JobFailed', nonRetryable: true });
  expect(failure.message).toContain(
    'worker-1: task "Breaks": non-zero return code\nthe password is [hidden]',
  );
  expect(JSON.stringify(failure.detail)).not.toContain('hunter2');
  expect(failure.detail?.['next']).toContain(`${runDir}/log`);
});

test('exit code 0 without every host in the recap is a failure', async () => {
  await lay(good);
  put(
    '/var/lib/holdfast/demo/inventory/hosts.yaml',
    `all: { hosts: { master-1: { ansible_connection: local } } }\n`,
  );
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'JobFailed' });
  expect(failure.message).toContain('ended with 0, but its recap does not vouch for worker-1');
});

test('a job that was cut off is a failure which a person’s retry cures', async () => {
  await lay(good);
  mkdirSync(join(bastion.path(runDir), 'started'), { recursive: true });
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'JobFailed', nonRetryable: true });
  expect(failure.message).toContain('cut off without a result');
  expect(await run({ job: 2 })).toMatchObject({ changed: true });
});

test('a job of an earlier change that still runs is named, another cluster’s is not', async () => {
  await lay(good);
  const other = 'holdfast-demo-run-kubespray-fedcba98-1';
  bastion.on(/^systemctl list-units/, {
    stdout: `${other}.service loaded active running x\nholdfast-demo-two-run-kubespray-fedcba98-1.service loaded active running y\n`,
  });
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toMatch(new RegExp(`still runs: ${other}$`));
  expect(starts()).toEqual([]);
});

test('without a checkout, an inventory or Ansible it says what lacks', async () => {
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('lacks the checkout or the inventory and Ansible');
});

test('where the API has never served, the way out of a half-died kubeadm init is named', async () => {
  await lay('    - { name: Kubeadm, ansible.builtin.command: "false" }\n');
  master.on(/get --raw/, { code: 1 }).on(/^test -e \/var\/lib\/kubelet/, {});
  const { detail } = await failureOf(run());
  expect(detail['next']).toContain('reset.yml -e reset_confirmation=yes');
  expect(detail['next']).not.toContain('kubeadm init waits');
});

test('there, behind a load balancer that is not holdfast’s, that is named for which kubeadm init waits', async () => {
  await lay('    - { name: Kubeadm, ansible.builtin.command: "false" }\n');
  master.on(/get --raw/, { code: 1 }).on(/^test -e \/var\/lib\/kubelet/, {});
  const loadBalancer = {
    ...({ existing: true, replicated: true } as const),
    internal: { address: '172.16.0.10', port: 8443 },
  };
  const failed = callStep(runKubespray, { ...input, loadBalancer }, [bastion, master, worker], {
    localFiles: { '/secret': 'hunter2\n' },
  });
  expect((await failureOf(failed)).detail['next']).toContain(
    'kubeadm init waits for the API at 172.16.0.10:8443: does the load balancer there, which is not holdfast’s, lead to master-1:6443',
  );
});

const slow = `    - { name: Slow, ansible.builtin.command: "sleep 60" }\n`;
const untilSlow = async (environment: MockActivityEnvironment) =>
  new Promise<void>((resolve) =>
    environment.on('heartbeat', (details) => {
      if ((details as PlaybookProgress | undefined)?.task === 'Slow') resolve();
    }),
  );

test.each([
  ['a cancellation ends the job', { cancelRequested: true }, [`stop ${job}`]],
  ['a worker that shuts down leaves the job alone', { workerShutdown: true }, []],
])('%s', async (_title, why, stopped) => {
  await lay(slow);
  const environment = new MockActivityEnvironment();
  const reached = untilSlow(environment);
  const ended = run({ environment }).catch((error: unknown) => error);
  await reached;
  environment.cancel('CANCELLED', new ActivityCancellationDetails(why));
  expect(await ended).toBeInstanceOf(Error);
  expect(bastion.done.filter((line) => line.startsWith('stop '))).toEqual(stopped);
});

test('host keys are checked, and every path that Ansible would share is the cluster’s own', async () => {
  await lay(good);
  let env: Readonly<Record<string, string>> = {};
  const start = bastion.startJob.bind(bastion);
  bastion.startJob = (spec) => ((env = spec.env ?? {}), start(spec));
  await run();
  expect(env).toMatchObject({
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_FORKS: '5',
    ANSIBLE_CACHE_PLUGIN_CONNECTION: '/var/lib/holdfast/demo/facts',
    ANSIBLE_CONFIG: '/var/lib/holdfast/demo/kubespray/ansible.cfg',
  });
  expect(env['ANSIBLE_SSH_ARGS']).toContain('StrictHostKeyChecking=yes');
  expect(readFileSync(bastion.path(`${runDir}/progress.jsonl`), 'utf8')).toContain('"event": "recap"');
});

test('it does not run beside a promoted worker node, and says how that one is demoted', async () => {
  await lay(good);
  putOn(worker, '/etc/kubernetes/manifests/kube-apiserver.yaml', 'kind: Pod');
  const failure = await failureOf(run({}, ['worker-1']));
  expect(failure).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
  expect(failure.message).toContain('knows nothing of promoted worker nodes: worker-1');
  expect(failure.detail?.['next']).toContain('holdfast demote demo --host worker-1');
  expect(starts()).toEqual([]);
});

test('nor beside one that is no candidate any more: the cluster itself calls it a control-plane node', async () => {
  await lay(good);
  bastion.on(/get nodes -l node-role\.kubernetes\.io\/control-plane -o name/, {
    stdout: 'node/master-1\nnode/worker-1\n',
  });
  const failure = await failureOf(run({}, []));
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('knows nothing of promoted worker nodes: worker-1');
  expect(starts()).toEqual([]);
});

test('what ran before a promotion needs no run after it; a candidate that is not promoted is in nobody’s way', async () => {
  await lay(good);
  expect(await run({}, ['worker-1'])).toMatchObject({ changed: true });
  putOn(worker, '/etc/kubernetes/manifests/kube-apiserver.yaml', 'kind: Pod');
  expect(await run({ job: 2 }, ['worker-1'])).toMatchObject({ changed: false });
});

test('a candidate that gives no answer is asked again, and is for a person in the end', async () => {
  await lay(good);
  worker.on(/./, new HostError('ConnectionLost', 'worker-1', 'silent', { next: 'wait' }));
  expect(await failureOf(run({}, ['worker-1']))).toMatchObject({
    type: 'ConnectionLost',
    nonRetryable: false,
  });
  const environment = new MockActivityEnvironment({ attempt: 8 });
  const failure = await failureOf(run({ environment }, ['worker-1']));
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('whether worker-1 is promoted is not known: silent');
  expect(starts()).toEqual([]);
});
