import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeStatus } from '../../cluster/status.ts';
import { readLab } from '../../lab/lab-file.ts';
import { power } from '../../lab/power.ts';
import { type Started, holdfastCommand, until } from './support/holdfast.ts';
import { type LabShell, labShell } from './support/lab-host.ts';
import { picture } from './support/picture.ts';
import { signalFromTheForm } from './support/ui.ts';
import { withoutHost } from './support/without-host.ts';

const holdfast = holdfastCommand();
const cluster = 'demo';
let spec: string;
let on: LabShell;
let up: Started;

const status = () => holdfast.status(cluster);
const stepsOf = (now: ChangeStatus | undefined, host: string) =>
  now?.steps.filter((step) => step.host === host) ?? [];

beforeAll(async () => {
  // HOLDFAST_LAB_DEBIAN=13: the same on hosts of that release.
  const debian = process.env.HOLDFAST_LAB_DEBIAN;
  const made = await holdfast.run(['lab', 'up', ...(debian ? ['--debian', debian] : [])], 40);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  spec = (JSON.parse((await holdfast.run(['lab', 'status', '--json'])).stdout) as { spec: string }).spec;
  on = await labShell(cluster, holdfast.state);
});

afterAll(async () => {
  await holdfast.run(['dev', '--stop'], 2);
  if (process.env.HOLDFAST_KEEP_LAB === undefined) await holdfast.run(['lab', 'down', cluster], 5);
  await rm(holdfast.state, { recursive: true, force: true });
});

describe('a highly available cluster from one spec file, with mishaps on the way', () => {
  it('finishes the other hosts while one that lost its power parks', async () => {
    await slowSwapoff('worker-3');
    up = holdfast.start(['up', spec]);
    await until('swap is being turned off on worker-3', 5, status, (now) =>
      stepsOf(now, 'worker-3').some(({ step, state }) => step === 'disable-swap' && state === 'running'),
    );
    await holdfast.run(['lab', 'power', 'off', 'worker-3']);
    const now = await until('worker-3 parks', 5, status, (seen) => seen?.state === 'waiting');
    expect(now?.waitingFor.map(({ host }) => host)).toEqual(['worker-3']);
    expect(now?.waitingFor[0]).toMatchObject({ error: { kind: 'ConnectionLost' } });
    const others = ['master-1', 'master-2', 'master-3', 'etcd-1', 'worker-1', 'worker-2', 'lb-1'];
    await until('the others have finished', 3, status, (seen) =>
      others.every((host) =>
        stepsOf(seen, host)
          .filter(({ phase }) => phase === 'prepare')
          .every(({ state }) => ['done', 'already-so'].includes(state)),
      ),
    );
    // Not on a terminal, and all that is left waits for a person.
    expect(await up.ended).toMatchObject({ code: 3 });
  });

  it('goes on with that host after power and a retry that is sent from the form of the Temporal UI', async () => {
    await holdfast.run(['lab', 'power', 'on', 'worker-3']);
    await until(
      'worker-3 answers',
      2,
      () => on('worker-3', 'echo up').catch(() => ''),
      (said) => said === 'up',
    );
    await quickSwapoff('worker-3');
    const { link } = (await status()) as { link?: string };
    await signalFromTheForm(link ?? '', 'retry', { host: 'worker-3' });
    await until('worker-3 has finished', 3, status, (now) =>
      stepsOf(now, 'worker-3')
        .filter(({ phase }) => phase === 'prepare')
        .every(({ state }) => ['done', 'already-so'].includes(state)),
    );
    up = holdfast.start(['watch', cluster]);
  });

  it('re-attaches to the same playbook after the worker was killed, and runs no task twice', async () => {
    await until('the playbook is under way', 10, status, (now) => (now?.progress?.done ?? 0) > 15);
    const { worker } = JSON.parse((await holdfast.run(['dev', '--status', '--json'])).stdout) as {
      worker: { pid: number };
    };
    process.kill(worker.pid, 'SIGKILL');
    expect(await holdfast.run(['dev'])).toMatchObject({ code: 0 });
    const ended = await up.ended;
    expect(ended, ended.stdout.slice(-4000) + ended.stderr.slice(-2000)).toMatchObject({ code: 0 });
    const jobs = (
      await on('bastion-1', `ls -1 /var/lib/holdfast/${cluster}/runs | grep run-kubespray`)
    ).split('\n');
    expect(jobs).toHaveLength(1);
    const run = `/var/lib/holdfast/${cluster}/runs/${jobs[0]}`;
    const starts = await on('bastion-1', `grep -c '"event": "start"' ${run}/progress.jsonl`);
    expect(starts).toBe('1');
    const done = tasksDone(await on('bastion-1', `cat ${run}/log`));
    expect(done.length).toBeGreaterThan(50);
    expect(done.filter((task, i) => done.indexOf(task) !== i)).toEqual([]);
  });

  it('ends with six nodes ready, every check passed, and nothing skipped', async () => {
    const now = await status();
    expect(now?.state).toBe('done');
    expect(now?.steps.filter(({ state }) => !['done', 'already-so'].includes(state))).toEqual([]);
    const { stdout, code } = await holdfast.run(['kubectl', cluster, '--', 'get', 'nodes', '--no-headers']);
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => / Ready /.test(line)),
    ).toHaveLength(6);
  });

  it('leaves a kubeconfig of mode 0600 that names the internal address', async () => {
    const path = `/var/lib/holdfast/${cluster}/kubeconfig`;
    expect(await on('bastion-1', `stat -c '%a %U' ${path}; grep server: ${path}`)).toMatch(
      /^600 root\n\s+server: https:\/\/10\.77\.0\.100:6443$/,
    );
  });

  it('never opened a connection to a host but through the bastion', async () => {
    for (const host of ['lb-1', 'etcd-2', 'master-1', 'worker-3']) {
      const log = await on(
        host,
        "journalctl -b -o cat -t sshd -t sshd-session | grep -o 'Accepted .* from [0-9.]*' | sed 's/.* from //' | sort -u",
      );
      expect(log.split('\n'), host).toEqual(['10.77.0.10']);
    }
  });

  it('run again, changes nothing: no file, no unit, and every step says so', async () => {
    const before = await picture(on);
    const again = await holdfast.run(['up', spec], 15);
    expect(again, again.stdout.slice(-3000)).toMatchObject({ code: 0 });
    const now = await status();
    const changed = now?.steps.filter(
      ({ step, state }) =>
        state !== 'already-so' &&
        !step.startsWith('check-') &&
        !['connect', 'gather-facts', 'backup-etcd'].includes(step),
    );
    expect(changed?.map(({ step, host, summary }) => [step, host, summary])).toEqual([]);
    expect(await picture(on)).toEqual(before);
  });

  it('keeps open watches and all servers up while etcd stands still for five seconds', async () => {
    const kubectl = `kubectl --kubeconfig /var/lib/holdfast/${cluster}/kubeconfig`;
    await on(
      'bastion-1',
      `systemd-run --unit=story-watch --collect sh -c '${kubectl} get configmaps -n default --watch-only -o name > /run/story-watch 2>&1'; sleep 3`,
    );
    const before = await serverTransitions();
    const etcd = ['etcd-1', 'etcd-2', 'etcd-3'];
    const lab = (await readLab(cluster))!;
    await Promise.all(etcd.map((host) => power(lab, host, 'freeze')));
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(await serverTransitions()).toEqual(before);
    await Promise.all(etcd.map((host) => power(lab, host, 'thaw')));
    await until(
      'the API writes again',
      2,
      () => on('bastion-1', `${kubectl} -n default create configmap story-${Date.now()} 2>&1; true`),
      (said) => said.includes('created'),
    );
    const seen = await until(
      'the old watch tells of it',
      1,
      () => on('bastion-1', 'cat /run/story-watch; systemctl is-active story-watch || true'),
      (said) => said.includes('configmap/story-'),
    );
    expect(seen).toMatch(/^active$/m);
    expect(await serverTransitions()).toEqual(before);
    await on(
      'bastion-1',
      `systemctl stop story-watch; ${kubectl} -n default get configmaps -o name | grep story- | xargs ${kubectl} -n default delete`,
    );
  });

  it('refuses a spec whose pod network differs, and says so before anything is touched', async () => {
    const other = join(holdfast.state, 'other.yaml');
    await writeFile(other, (await readFile(spec, 'utf8')).replace('10.233.64.0/18', '10.234.64.0/18'));
    const refused = await holdfast.run(['up', other]);
    expect(refused.code).toBe(2);
    expect(refused.stdout + refused.stderr).toContain('podCidr');
  });

  it('gives a person access to one namespace for an hour, and takes it away', async () => {
    await on('bastion-1', 'id ann > /dev/null 2>&1 || useradd --create-home ann');
    const access = (...more: string[]) => holdfast.run(['access', cluster, '--user', 'ann', ...more]);
    const given = await access('--role', 'view', '--namespace', 'kube-system', '--expires', '1h');
    expect(given, given.stderr).toMatchObject({ code: 0 });
    const ann = (command: string) =>
      on(
        'bastion-1',
        `runuser -u ann -- kubectl --kubeconfig ~ann/.kube/holdfast-${cluster} ${command} 2>&1 || true`,
      );
    expect(await ann('get deployment coredns -o name')).toBe('deployment.apps/coredns');
    expect(await ann('get secrets')).toContain('secrets is forbidden: User "holdfast:ann"');
    expect(await ann('-n default get pods')).toContain('pods is forbidden: User "holdfast:ann"');
    expect(await on('bastion-1', `stat -c '%a %U' ~ann/.kube/holdfast-${cluster}`)).toBe('600 ann');
    expect(await access('--revoke')).toMatchObject({ code: 0 });
    // Of kubectl's own, its cache stays.
    expect(await on('bastion-1', `ls ~ann/.kube`)).toBe('cache');
    const nobody = await holdfast.run(['access', cluster, '--user', 'nobody-there']);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain('useradd --create-home nobody-there');
  });

  it('lets a worker node go for good, wiped of the cluster, and takes it back', async () => {
    const smaller = await withoutHost(spec, 'worker-3', join(holdfast.state, 'smaller.yaml'));
    const removed = await holdfast.run(['host', 'remove', smaller, '--yes'], 10);
    expect(removed, removed.stdout.slice(-3000) + removed.stderr).toMatchObject({ code: 0 });
    expect(await nodeNames()).not.toContain('worker-3');
    expect(
      await on(
        'worker-3',
        'ls -A /etc/kubernetes 2> /dev/null; systemctl is-active kubelet; grep -c holdfast: ~ubuntu/.ssh/authorized_keys; true',
      ),
    ).toBe('inactive\n0');
    const added = await holdfast.run(['host', 'add', spec], 10);
    expect(added, added.stdout.slice(-3000) + added.stderr).toMatchObject({ code: 0 });
    expect(await nodeNames()).toContain('worker-3');
    expect(await holdfast.run(['host', 'add', spec])).toMatchObject({ code: 2 });
  });

  it('is taken down by reset: nothing of Kubernetes is left, nothing watches, the backups are there', async () => {
    const reset = await holdfast.run(['reset', cluster, '--yes'], 10);
    expect(reset, reset.stdout.slice(-3000) + reset.stderr).toMatchObject({ code: 0 });
    for (const host of ['master-1', 'etcd-1', 'worker-1']) expect(await on(host, traces), host).toBe('');
    for (const host of ['lb-1', 'lb-2'])
      expect(await on(host, 'systemctl is-active haproxy keepalived || true'), host).toBe(
        'inactive\ninactive',
      );
    expect(
      await on('bastion-1', `ls /root/.kube/config /var/lib/holdfast/${cluster}/kubeconfig || true`),
    ).toBe('');
    expect(await on('bastion-1', `ls /var/lib/holdfast/${cluster}/backups`)).toMatch(/^etcd-.*\.age$/m);
    expect((await holdfast.run(['status', cluster])).stdout).toMatch(/^demo reset: done \(completed, /);
  });
});

/** What a node or an etcd member holds, and what runs there. */
const traces = `ls -d /etc/kubernetes/kubelet.conf /etc/etcd.env /var/lib/etcd/member /etc/holdfast/etcd-proxy.cfg 2> /dev/null
for unit in kubelet etcd holdfast-etcd-proxy; do systemctl -q is-active $unit && echo $unit; done; true`;

async function nodeNames(): Promise<readonly string[]> {
  const { stdout } = await holdfast.run(['kubectl', cluster, '--', 'get', 'nodes', '--no-headers']);
  return stdout
    .split('\n')
    .filter((line) => / Ready /.test(line))
    .map((line) => line.split(' ')[0] ?? '');
}

/** A swapoff that takes its time, as with a slow disk: room to lose the power in. */
async function slowSwapoff(host: string): Promise<void> {
  const slow = String.raw`#!/bin/sh\nsleep 20\nexec /usr/local/lib/story/swapoff "$@"\n`;
  await on(
    host,
    `f=$(command -v swapoff); mkdir -p /usr/local/lib/story; mv "$f" /usr/local/lib/story/; printf '${slow}' > "$f"; chmod 755 "$f"`,
  );
}

async function quickSwapoff(host: string): Promise<void> {
  await on(host, 'f=$(command -v swapoff); mv /usr/local/lib/story/swapoff "$f"; rmdir /usr/local/lib/story');
}

/** `play, task: host` of every result in Ansible's own log. */
function tasksDone(log: string): string[] {
  let [play, task] = ['', ''];
  return log.split('\n').flatMap((line) => {
    play = /^PLAY \[(.*)\] \*/.exec(line)?.[1] ?? play;
    task = /^TASK \[(.*)\] \*/.exec(line)?.[1] ?? task;
    const result = /^(?:ok|changed|skipping|failed|fatal): \[(.+)$/.exec(line)?.[1];
    return result === undefined ? [] : [`${play}, ${task}: ${result}`];
  });
}

/** How often HAProxy marked an API server of a master down, on both load balancers. */
async function serverTransitions(): Promise<string[]> {
  const read = "echo 'show stat' | socat - /run/haproxy/admin.sock | cut -d, -f1,2,23 | grep master-";
  return Promise.all(['lb-1', 'lb-2'].map((host) => on(host, read)));
}
