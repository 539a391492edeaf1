import { existsSync } from 'node:fs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { resetHosts } from '../../activities/reset-hosts.ts';
import { HostError } from '../../hosts/errors.ts';
import { ansibleBin } from '../../lab/ansible.ts';
import { callStep, failureOf } from './call-step.ts';
import { clusterRoot, layPlaybooks, smallInventory } from './laid-playbooks.ts';
import { LocalHost } from './local-host.ts';
import { put as putOn } from './pki-fixture.ts';

let bastion: LocalHost;
let master: LocalHost;
let worker: LocalHost;

beforeAll(async () => {
  await ansibleBin();
}, 300_000);
beforeEach(async () => {
  bastion = (await LocalHost.make('bastion-1')).on(/^systemctl list-units/, { stdout: '' });
  master = await LocalHost.make('master-1');
  worker = await LocalHost.make('worker-1');
});
afterEach(() => [bastion, master, worker].forEach((host) => host.remove()));

const reset = (job = 1, environment?: MockActivityEnvironment) =>
  callStep(resetHosts, smallInventory, [bastion, master, worker], {
    job,
    ...(environment && { environment }),
  });

/** A reset.yml that asks for the word as Kubespray's does, and wipes what `wipes` names. */
const lay = (...wipes: readonly string[]) =>
  layPlaybooks(bastion, {
    'reset.yml': `- hosts: all
  become: false
  gather_facts: false
  tasks:
    - ansible.builtin.assert: { that: reset_confirmation | default(false) | bool }
    - ansible.builtin.file: { path: "{{ item }}", state: absent }
      loop: ${JSON.stringify(wipes)}
`,
  });
const etcdEnv = '/etc/etcd.env';
const kubelet = '/etc/kubernetes/kubelet.conf';

test('every host is wiped and looked at again; what ran before counts no more, backups stay', async () => {
  await lay(master.path(etcdEnv), worker.path(kubelet));
  putOn(master, etcdEnv, '');
  putOn(worker, kubelet, '');
  const kept = [`${clusterRoot}/backups/etcd.db`, `${clusterRoot}/last-success.json`];
  for (const path of kept) putOn(bastion, path, '{}');
  expect(await reset()).toEqual({ changed: true, summary: 'Kubernetes and etcd wiped from 2 hosts' });
  expect(kept.map((path) => existsSync(bastion.path(path)))).toEqual([true, false]);
  expect(await reset(2)).toEqual({
    changed: false,
    summary: 'no host holds anything of Kubernetes or etcd',
  });
});

test('a host that the playbook left as it was is named', async () => {
  await lay(master.path(etcdEnv));
  putOn(master, etcdEnv, '');
  putOn(worker, kubelet, '');
  const failure = await failureOf(reset());
  expect(failure).toMatchObject({ type: 'NotYet', nonRetryable: false });
  expect(failure.message).toContain('reset.yml ended well, and yet: not wiped: worker-1');
  const given = await failureOf(reset(1, new MockActivityEnvironment({ attempt: 8 })));
  expect(given).toMatchObject({ type: 'JobFailed', nonRetryable: true });
});

test('what ran before counts no more from the reset’s beginning, whatever becomes of it', async () => {
  await lay();
  putOn(master, etcdEnv, '');
  const record = `${clusterRoot}/last-success.json`;
  putOn(bastion, record, '{}');
  await failureOf(reset());
  expect(existsSync(bastion.path(record))).toBe(false);
});

test('a host that gives no answer is not taken for wiped', async () => {
  await lay();
  worker.on(/./, new HostError('ConnectionLost', 'worker-1', 'silent', { next: 'wait' }));
  expect(await failureOf(reset())).toMatchObject({ type: 'ConnectionLost', nonRetryable: false });
  expect(bastion.done.filter((line) => line.startsWith('start '))).toEqual([]);
});
