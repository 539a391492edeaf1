import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { execa } from 'execa';
import type { SshTarget } from '../cluster/cluster.ts';
import { ansibleBin } from '../lab/ansible.ts';
import { benchPackages } from './tasks.ts';

/**
 * The same six tasks by Ansible, tuned as its users tune it: pipelining, ControlPersist, 20 forks, no fact gathering. Cold
 * connections: each run has a folder of its own for them. Returns the processor time in seconds.
 */
export async function ansible(targets: readonly SshTarget[], publicKey: string): Promise<number> {
  const bin = await ansibleBin();
  const dir = await mkdtemp(join(tmpdir(), 'bench-ansible-'));
  const sockets = join(dir, 'cp');
  try {
    await writeFile(join(dir, 'hosts.yaml'), dump(inventory(targets)));
    await writeFile(join(dir, 'play.yaml'), dump(play(publicKey)));
    const { stdout } = await execa(
      'bash',
      [
        '-c',
        '"$0" -i hosts.yaml play.yaml > log 2>&1 || { tail -n 40 log >&2; exit 1; }; times',
        join(bin, 'ansible-playbook'),
      ],
      { cwd: dir, env: settings(targets, sockets), extendEnv: true },
    );
    return seconds(stdout.split('\n')[1] ?? '');
  } finally {
    for (const socket of await readdir(sockets).catch(() => []))
      await execa('ssh', ['-o', `ControlPath=${join(sockets, socket)}`, '-O', 'exit', 'none'], {
        reject: false,
      });
    await rm(dir, { recursive: true, force: true });
  }
}

function settings(targets: readonly SshTarget[], sockets: string): Record<string, string> {
  const known = targets[0]?.knownHosts ?? '';
  return {
    ANSIBLE_FORKS: '20',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${known}`,
    ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
    ANSIBLE_NOCOLOR: '1',
    LC_ALL: 'C.UTF-8',
  };
}

function inventory(targets: readonly SshTarget[]): object {
  const hosts = Object.fromEntries(
    targets.map(({ name, address, port, user, identityFile }) => [
      name,
      {
        ansible_host: address,
        ansible_port: port,
        ansible_user: user,
        ansible_ssh_private_key_file: identityFile,
        ansible_python_interpreter: '/usr/bin/python3',
      },
    ]),
  );
  return { all: { hosts } };
}

function play(publicKey: string): object {
  return [
    {
      hosts: 'all',
      gather_facts: false,
      become: true,
      tasks: [
        { name: 'connect', 'ansible.builtin.command': 'uname -r', changed_when: false },
        {
          name: 'disable-swap',
          'ansible.builtin.shell': String.raw`if [ "$(wc -l < /proc/swaps)" -gt 1 ] || grep -qE '^[^#]\S*\s+\S+\s+swap\s' /etc/fstab; then sed -i -E '/^[^#]\S*\s+\S+\s+swap\s/s/^/# /' /etc/fstab; swapoff -a; fi`,
        },
        {
          name: 'enable-ip-forwarding',
          'ansible.builtin.shell':
            'f=/etc/sysctl.d/zz-bench.conf; grep -qsx "net.ipv4.ip_forward = 1" $f || echo "net.ipv4.ip_forward = 1" > $f; sysctl -q -p $f',
        },
        {
          name: 'load-kernel-modules',
          'ansible.builtin.copy': {
            dest: '/etc/modules-load.d/bench.conf',
            content: 'overlay\nbr_netfilter\n',
            mode: '0644',
          },
        },
        { name: 'install-packages', 'ansible.builtin.apt': { name: benchPackages, state: 'present' } },
        {
          name: 'trust-bastion',
          become: false,
          'ansible.builtin.lineinfile': {
            path: '~/.ssh/authorized_keys',
            line: publicKey,
            create: true,
            mode: '0600',
          },
        },
      ],
    },
  ];
}

/** bash's `times`: minutes and seconds of user and system, here of the children. */
function seconds(line: string): number {
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
}
