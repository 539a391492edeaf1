import { readFile, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execa } from 'execa';
import type { Cluster, ClusterHost, Role } from '../../cluster/cluster.ts';
import { canRunLab } from '../../lab/can-run.ts';
import { labDown } from '../../lab/down.ts';
import { bridgeName, linkName } from '../../lab/network.ts';
import { labPaths } from '../../lab/paths.ts';
import { power } from '../../lab/power.ts';
import { labStatus } from '../../lab/status.ts';
import { labUp } from '../../lab/up.ts';
import type { Lab } from '../../lab/lab-file.ts';

const name = 'story-lab';
const paths = labPaths(name);
/** What the machine's ends of this lab's cables begin with. */
const cables = linkName(name, '0.0.0.0').split('-')[0] as string;

describe.skipIf((await canRunLab()) !== undefined)('a lab of two hosts', () => {
  let lab: Lab;
  let before: Trace;
  beforeAll(async () => {
    await labDown(name);
    before = await trace();
    lab = await labUp(cluster());
  });
  afterAll(async () => {
    await labDown(name);
  });

  test('answers by SSH with the host keys in known_hosts', async () => {
    expect((await ssh('one', 'hostname')).stdout).toBe('one');
    expect((await ssh('two', 'hostname; sudo id -u')).stdout).toBe('two\n0');
  });

  test('starts as a fresh server: no forwarding, and its own swap alone', async () => {
    expect((await ssh('one', 'cat /proc/sys/net/ipv4/ip_forward')).stdout).toBe('0');
    expect(await swaps('one')).toEqual(['/var/swap/one.swap']);
    expect(await swaps('two')).toEqual([]);
    expect((await ssh('one', 'systemctl is-system-running --wait')).stdout).toBe('running');
  });

  test('installs packages and wheels without internet', async () => {
    const install =
      'sudo apt-get -q update && sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y install python3-venv';
    await ssh('two', install);
    await ssh(
      'two',
      'python3 -m venv /tmp/venv && /tmp/venv/bin/pip install -q wheel && /tmp/venv/bin/wheel version',
    );
  });

  test('loads the modules that a cluster needs, and no others', async () => {
    await ssh('one', 'sudo modprobe overlay && sudo modprobe br_netfilter');
    expect((await ssh('one', 'sudo modprobe no_such_module', { ok: false })).exitCode).not.toBe(0);
  });

  test('up again changes nothing', async () => {
    const pids = await supervisors();
    const said: string[] = [];
    await labUp(cluster(), { say: (line) => said.push(line) });
    expect(said).toEqual([]);
    expect(await supervisors()).toEqual(pids);
  });

  test('refuses another address for a host that runs', async () => {
    await expect(labUp(cluster('10.79.17.99'))).rejects.toThrow('take it down first');
  });

  test('power off is silence; power on brings the host back, swap and identity too', async () => {
    const id = (await ssh('one', 'cat /etc/machine-id')).stdout;
    expect(await power(lab, 'one', 'off')).toEqual({ changed: true });
    expect(await power(lab, 'one', 'off')).toEqual({ changed: false });
    expect(await answers()).toEqual({ one: 'off', two: 'on' });
    await expect(ssh('one', 'true')).rejects.toThrow();
    await ssh('two', 'ping -c 1 -W 1 10.79.17.11 && exit 1 || exit 0');

    expect(await power(lab, 'one', 'on')).toEqual({ changed: true });
    expect((await ssh('one', 'cat /etc/machine-id')).stdout).toBe(id);
    expect(await swaps('one')).toEqual(['/var/swap/one.swap']);
  });

  test('a reboot from inside brings it back; swap stays off once fstab says so', async () => {
    const boot = (await ssh('one', 'sudo stat -c %Z /proc/1')).stdout;
    await ssh('one', 'sudo swapoff -a && sudo sed -i /swap/d /etc/fstab');
    expect(await swaps('one')).toEqual([]);
    await ssh('one', 'sudo systemctl reboot', { ok: false });
    await expect
      .poll(() => ssh('one', 'sudo stat -c %Z /proc/1', { ok: false }).then((r) => r.stdout), {
        timeout: 60_000,
        interval: 500,
      })
      .toMatch(/^\d+$/);
    await expect
      .poll(() => ssh('one', 'sudo stat -c %Z /proc/1', { ok: false }).then((r) => r.stdout), {
        timeout: 60_000,
        interval: 500,
      })
      .not.toBe(boot);
    await power(lab, 'one', 'on');
    expect(await swaps('one')).toEqual([]);
  });

  test('a frozen host says nothing, and goes on where it was', async () => {
    await power(lab, 'two', 'freeze');
    expect(await answers()).toEqual({ one: 'on', two: 'frozen' });
    expect((await labStatus(name))?.hosts.find((h) => h.name === 'two')?.answers).toBe(false);
    await power(lab, 'two', 'thaw');
    expect((await ssh('two', 'hostname')).stdout).toBe('two');
  });

  test('can be seen on the machine while it is up', async () => {
    const seen = await trace();
    for (const kind of ['processes', 'links', 'cgroups', 'state', 'nspawn'])
      expect(seen[kind]).not.toEqual([]);
    expect(before).toEqual(Object.fromEntries(Object.keys(before).map((kind) => [kind, []])));
  });

  test('down leaves nothing behind, also when supervisors were killed; down again is fine', async () => {
    const [first] = await supervisors();
    process.kill(Number(first?.split(' ')[0]), 'SIGKILL');
    await power(lab, 'two', 'freeze');
    expect(await labDown(name)).toEqual({ changed: true });
    expect(await trace()).toEqual(before);
    expect(await labDown(name)).toEqual({ changed: false });
  });

  async function supervisors(): Promise<string[]> {
    return Promise.all(
      ['one', 'two'].map((host) => readFile(`${paths.hosts}/${host}/run/supervisor.pid`, 'utf8')),
    );
  }

  async function answers(): Promise<Record<string, string>> {
    const status = await labStatus(name);
    return Object.fromEntries((status?.hosts ?? []).map((host) => [host.name, host.power]));
  }

  async function swaps(host: string): Promise<string[]> {
    const { stdout } = await ssh(host, 'cat /proc/swaps');
    return stdout
      .split('\n')
      .slice(1)
      .map((line) => line.split(/\s+/)[0] as string);
  }
});

/** Everything on this machine that bears the lab's name. */
interface Trace {
  readonly [kind: string]: readonly string[];
}

async function trace(): Promise<Trace> {
  const about = (text: string) => text.split('\n').filter((line) => line.includes(name));
  const run = async (command: string, args: string[]) =>
    (await execa(command, args, { reject: false })).stdout;
  return {
    processes: about(await run('ps', ['-eo', 'args'])),
    mounts: about(await readFile('/proc/self/mounts', 'utf8')),
    links: (await run('ip', ['link']))
      .split('\n')
      .filter((line) => [bridgeName(name), cables].some((link) => line.includes(link))),
    namespaces: about(await run('ip', ['netns'])),
    rules: about(await run('iptables-save', [])),
    cgroups: about(await run('find', ['/sys/fs/cgroup', '-maxdepth', '6', '-type', 'd'])),
    swaps: (await readFile('/proc/swaps', 'utf8'))
      .split('\n')
      .filter((line) => /\/(one|two)\.swap/.test(line)),
    state: (await readdir('/var/lib/holdfast-lab').catch(() => [])).filter((entry) => entry === name),
    nspawn: about((await readdir('/run/systemd/nspawn/propagate').catch(() => [])).join('\n')),
  };
}

function cluster(addressOfOne = '10.79.17.11'): Cluster {
  const host = (hostName: string, address: string, role: Role): ClusterHost => ({
    name: hostName,
    address,
    roles: [role],
    labels: {},
    ssh: { name: hostName, address, port: 22, user: 'ubuntu', knownHosts: paths.knownHosts },
  });
  return {
    name,
    hosts: [host('one', addressOfOne, 'worker'), host('two', '10.79.17.12', 'bastion')],
    kubernetes: {
      version: '1.34.4',
      podCidr: '10.233.64.0/18',
      serviceCidr: '10.233.0.0/18',
      network: 'flannel',
    },
    kubespray: { version: 'v2.31.0', source: paths.playbook, vars: {} },
    helm: { version: 3 },
    failover: {
      mode: 'manual',
      candidates: [],
      confirmForSeconds: 10,
      promoteBelow: 1,
      healsAnHour: 3,
      timings: 'calm',
    },
    backup: { everyHours: 6, keep: 28, recipients: [], alsoTo: [] },
    singlePointsOfFailure: [],
  };
}

function ssh(host: string, command: string, { ok = true } = {}) {
  const address = { one: '10.79.17.11', two: '10.79.17.12' }[host] as string;
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${paths.knownHosts}`,
    'ConnectTimeout=3',
  ];
  const args = ['-F', 'none', '-i', paths.identityFile, ...options.flatMap((option) => ['-o', option])];
  return execa('ssh', [...args, `ubuntu@${address}`, command], { reject: ok });
}
