import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { dump } from 'js-yaml';
import { BadInput } from '../exit.ts';

/** The rest of the command by which a person hands over a listing: the second inventory is `builtByKubespray`. */
export const withGroup =
  "-i k8s_cluster.yml --list | holdfast adopt -, where k8s_cluster.yml is '{k8s_cluster: {children: {kube_control_plane: , kube_node: }}}'";

/** A folder given to Ansible is read file by file, and `.ini` is not among them: so the inventory itself is named. */
const names = [
  'hosts.yaml',
  'hosts.yml',
  'inventory.yaml',
  'inventory.yml',
  'inventory.ini',
  'hosts.ini',
  'hosts',
];

/**
 * Kubespray's playbooks build this group when they run, and most of an inventory's variables stand in its group_vars.
 * Groups of before v2.16 have their old names.
 */
const builtByKubespray = {
  k8s_cluster: {
    children: { kube_control_plane: {}, kube_node: {}, calico_rr: {}, 'kube-master': {}, 'kube-node': {} },
  },
};

/**
 * What `ansible-inventory --list` says of an inventory and the group_vars beside it, as JSON text; `-`: standard input.
 * Ansible reads it itself, and reads alone: no inventory script is run, no `ansible.cfg` is obeyed.
 */
export async function listInventory(source: string): Promise<string> {
  if (source === '-') return text(process.stdin);
  const file = inventoryFile(source);
  const { failed, code, stdout, stderr } = await inEmptyFolder((folder) =>
    execa('ansible-inventory', ['-i', file, '-i', join(folder, 'k8s_cluster.yml'), '--list'], {
      cwd: folder,
      env: {
        ANSIBLE_CONFIG: join(folder, 'ansible.cfg'),
        ANSIBLE_INVENTORY_ENABLED: 'yaml,ini',
        ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
        ANSIBLE_NOCOLOR: '1',
        // What is encrypted stays so: a secret of an encrypted file could not be told from any other value.
        ANSIBLE_VAULT_PASSWORD_FILE: undefined,
        ANSIBLE_VAULT_IDENTITY_LIST: undefined,
      },
      timeout: 120_000,
      reject: false,
    }),
  );
  if (code === 'ENOENT')
    throw new BadInput(
      `ansible-inventory is not on this machine: put Kubespray's virtual environment first in PATH, or run it where it is and hand over what it prints: ansible-inventory -i ${file} ${withGroup}`,
    );
  if (failed)
    throw new BadInput(
      `ansible-inventory cannot read ${file}:\n${stderr.trim().slice(-2000)}${advice(stderr)}`,
    );
  return stdout;
}

/** With an empty `ansible.cfg` in it, so that no other one is looked for, and the groups that Kubespray builds. */
async function inEmptyFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-adopt-'));
  try {
    await writeFile(join(folder, 'ansible.cfg'), '');
    await writeFile(join(folder, 'k8s_cluster.yml'), dump(builtByKubespray));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inventoryFile(source: string): string {
  const path = resolve(source);
  if (!existsSync(path)) throw new BadInput(`${source}: is not there`);
  if (!statSync(path).isDirectory()) return path;
  const found = names.map((name) => join(path, name)).find((file) => existsSync(file));
  if (found === undefined) throw new BadInput(`${source}: holds none of ${names.join(', ')}`);
  return found;
}

function advice(stderr: string): string {
  return /vault/i.test(stderr)
    ? `\nA whole file is encrypted: ansible-inventory --ask-vault-pass -i INVENTORY ${withGroup} takes what is in it. What looks like a secret by its name stays out of the spec; read the spec for others before you keep it.`
    : '';
}

/** The tag of the Kubespray checkout that an inventory lies in; undefined where it lies in none, or is at no tag. */
export async function checkoutAround(source: string): Promise<string | undefined> {
  const folder = dirname(inventoryFile(source));
  const top = await git(folder, 'rev-parse', '--show-toplevel');
  if (top === undefined || !existsSync(join(top, 'roles', 'kubespray_defaults'))) return undefined;
  return git(folder, 'describe', '--tags', '--exact-match');
}

async function git(folder: string, ...args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await execa('git', ['-C', folder, ...args], {
    reject: false,
    timeout: 20_000,
  });
  return exitCode === 0 ? stdout.trim() : undefined;
}
