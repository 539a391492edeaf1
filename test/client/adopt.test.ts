import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdfast } from '../../client/program.ts';
import { ansibleBin } from '../../lab/ansible.ts';
import { clusterOf } from '../cluster/example.ts';
import { recipient } from '../cluster/adopt/listing.ts';

let bin: string;
beforeAll(async () => void (bin = await ansibleBin()));

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-adopt-test-'));
  said = [];
  const keep = (...words: readonly unknown[]) => void said.push(words.join(' '));
  vi.spyOn(console, 'log').mockImplementation(keep);
  vi.spyOn(console, 'error').mockImplementation(keep);
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const put = (path: string, content: string, mode = 0o644) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content, { mode });
};
const adopt = (source: string, ...more: readonly string[]) =>
  holdfast(['adopt', source, join(folder, 'spec.yaml'), '--backup-recipient', recipient, ...more]);
const spec = () => clusterOf(readFileSync(join(folder, 'spec.yaml'), 'utf8'));

const ini = `[all:vars]
ansible_user=debian
[kube_control_plane]
node[1:3] etcd_member_name=
[etcd:children]
kube_control_plane
[kube_node]
node4
node5
[bastion]
jump ansible_host=10.0.0.5
`;
const addresses = () => {
  for (const n of [1, 2, 3, 4, 5]) put(`main/host_vars/node${n}.yml`, `ansible_host: 10.0.0.1${n}\n`);
};

describe('holdfast adopt', () => {
  it('reads an inventory.ini with ranges, host_vars and the group_vars of k8s_cluster, and writes a valid spec', async () => {
    put('main/inventory.ini', ini);
    put('main/group_vars/all/all.yml', 'etcd_data_dir: /srv/etcd\n');
    put(
      'main/group_vars/k8s_cluster/k8s-cluster.yml',
      'kube_version: 1.34.4\nkube_network_plugin: flannel\nmode: ipvs\n',
    );
    addresses();
    expect(await adopt(join(folder, 'main')), said.join('\n')).toBe(0);
    expect(spec()).toMatchObject({ name: 'main', kubernetes: { version: '1.34.4', network: 'flannel' } });
    expect(spec().kubespray.vars).toEqual({ etcd_data_dir: '/srv/etcd', mode: 'ipvs' });
    expect(spec().hosts.map(({ name, address }) => `${name} ${address}`)).toEqual([
      'jump 10.0.0.5',
      ...[1, 2, 3, 4, 5].map((n) => `node${n} 10.0.0.1${n}`),
    ]);
  });

  it('reads a hosts.yaml', async () => {
    const nodes = [1, 2, 3]
      .map((n) => `    node${n}: { ansible_host: 10.0.0.1${n}, ip: 10.0.0.1${n} }\n`)
      .join('');
    const group = (name: string, members: string) => `    ${name}: { hosts: { ${members} } }\n`;
    put(
      'main/hosts.yaml',
      `all:\n  vars: { kube_version: 1.34.4 }\n  hosts:\n${nodes}  children:\n${group('kube_control_plane', 'node1: , node2: ')}${group('kube_node', 'node3: ')}${group('etcd', 'node1: , node2: , node3: ')}`,
    );
    const more = ['--cluster', 'demo', '--user', 'root', '--bastion', 'jump=10.0.0.5'];
    expect(await adopt(join(folder, 'main', 'hosts.yaml'), ...more), said.join('\n')).toBe(0);
    expect(spec().hosts.map(({ name, roles }) => `${name} ${roles.join()}`)).toEqual([
      'jump bastion',
      'node1 etcd,control-plane',
      'node2 etcd,control-plane',
      'node3 etcd,worker',
    ]);
  });

  it('names all that an inventory does not say, at once, and writes nothing', async () => {
    put(
      'Main/hosts.yaml',
      'all: { children: { etcd: { hosts: { a: { ansible_host: 10.0.0.1 } } }, kube_node: { hosts: { a: } } } }\n',
    );
    expect(await adopt(join(folder, 'Main'))).toBe(2);
    expect(said.join('\n')).toMatch(/--user NAME.*\n.*--bastion NAME=ADDRESS/);
    expect(() => spec()).toThrow('ENOENT');
  });

  it('leaves what is wrong with the cluster to be mended in the file, and exits with 2', async () => {
    put('main/inventory.ini', ini.replace('node[1:3]', 'node[1:2]'));
    addresses();
    expect(await adopt(join(folder, 'main'), '--kubernetes-version', 'v1.34.4')).toBe(2);
    expect(said.join('\n')).toMatch(/spec.yaml:\d+:\d+ hosts: 2 etcd members/);
    expect(readFileSync(join(folder, 'spec.yaml'), 'utf8')).toContain('version: 1.34.4');
  });

  it('takes a listing from standard input, if the groups that Kubespray builds are in it', async () => {
    const hosts = ['node1', 'node2', 'node3'];
    const listed = {
      _meta: {
        hostvars: Object.fromEntries(hosts.map((name, n) => [name, { ansible_host: `10.0.0.1${n}` }])),
      },
      kube_control_plane: { hosts: ['node1'] },
      kube_node: { hosts: ['node2', 'node3'] },
      etcd: { hosts: ['node1'] },
    };
    const built = { ...listed, k8s_cluster: { children: ['kube_control_plane', 'kube_node'] } };
    const given = ['--cluster', 'demo', '--user', 'root', '--bastion', 'jump=10.0.0.5'];
    const from = (text: string) =>
      vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([text]) as never);
    from(JSON.stringify(listed));
    expect(await adopt('-', ...given)).toBe(2);
    expect(said.join('\n')).toContain('no group k8s_cluster');
    from('[node1]');
    expect(await adopt('-', ...given)).toBe(2);
    expect(said.join('\n')).toContain('-: no JSON');
    from(JSON.stringify(built));
    expect(await adopt('-', ...given, '--kubernetes-version', '1.34.4'), said.join('\n')).toBe(0);
    expect(spec().hosts).toHaveLength(4);
  });

  it('never overwrites a spec', async () => {
    put('main/inventory.ini', ini);
    put('spec.yaml', 'mine');
    expect(await adopt(join(folder, 'main'))).toBe(2);
    expect(readFileSync(join(folder, 'spec.yaml'), 'utf8')).toBe('mine');
  });

  it('runs no inventory script', async () => {
    put('main/hosts', `#!/bin/sh\ntouch ${folder}/ran\necho '{}'\n`, 0o755);
    expect(await adopt(join(folder, 'main'))).toBe(2);
    expect(said.join('\n')).toContain('ansible-inventory cannot read');
    expect(() => readFileSync(join(folder, 'ran'))).toThrow('ENOENT');
  });

  it('leaves what ansible-vault encrypted encrypted, and says how a whole file is handed over', async () => {
    put('main/inventory.ini', ini);
    addresses();
    put('password', 'p');
    put('main/group_vars/all/vault.yml', 'harmless: hunter2-canary\n');
    const vault = ['encrypt', '--vault-password-file', join(folder, 'password')];
    await execa(join(bin, 'ansible-vault'), [...vault, join(folder, 'main/group_vars/all/vault.yml')]);
    vi.stubEnv('ANSIBLE_VAULT_PASSWORD_FILE', join(folder, 'password'));
    expect(await adopt(join(folder, 'main'))).toBe(2);
    expect(said.join('\n')).toContain('--ask-vault-pass');
    expect(said.join('\n')).not.toContain('hunter2');
  });

  it('says where ansible-inventory is to be had, where it is not on this machine', async () => {
    put('main/inventory.ini', ini);
    vi.stubEnv('PATH', '/nowhere');
    expect(await adopt(join(folder, 'main'))).toBe(2);
    expect(said.join('\n')).toMatch(/virtual environment first in PATH.*holdfast adopt -/);
  });

  it('names the Kubespray checkout that the inventory lies in by its tag', async () => {
    put('inventory/main/inventory.ini', ini);
    put('inventory/main/group_vars/k8s_cluster.yml', 'kube_version: 1.33.2\n');
    put('roles/kubespray_defaults/x', '');
    for (const n of [1, 2, 3, 4, 5])
      put(`inventory/main/host_vars/node${n}.yml`, `ansible_host: 10.0.0.1${n}\n`);
    const git = (...args: readonly string[]) =>
      execa('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', 'a');
    await git('tag', 'v2.29.1');
    expect(await adopt(join(folder, 'inventory/main')), said.join('\n')).toBe(0);
    expect(spec().kubespray.version).toBe('v2.29.1');
  });
});
