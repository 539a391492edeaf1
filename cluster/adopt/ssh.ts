import type { Vars } from './inventory.ts';
import { type Remark, blocks, note } from './remarks.ts';
import { text } from './text.ts';

/** A spec's `ssh`, or a host's. */
export interface Ssh {
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  readonly sudo?: { readonly passwordFile: string };
}

const keys = ['user', 'port', 'identityFile', 'sudo'] as const;
const defaultPort = 22;
const passwordFile = './secrets/sudo';

/** How Ansible reaches each host, as the spec's `ssh` for most of them and what the others have of their own. */
export function adoptSsh(hosts: readonly Vars[]): {
  readonly common: Ssh;
  readonly own: readonly Ssh[];
  readonly remarks: readonly Remark[];
} {
  const all = hosts.map(sshOf);
  const common = Object.assign({}, ...keys.map((key) => most(key, all))) as Ssh;
  const differing = (one: Ssh): Ssh =>
    pick((key) => (JSON.stringify(one[key]) === JSON.stringify(common[key]) ? undefined : one[key]));
  const { port, ...rest } = common;
  return {
    common: { ...rest, ...(port !== defaultPort && { port }) },
    own: all.map(differing),
    remarks: remarksOf(hosts),
  };
}

function sshOf(vars: Vars): Ssh {
  const port = Number(vars['ansible_port'] ?? vars['ansible_ssh_port'] ?? defaultPort);
  const read: { readonly [Key in keyof Ssh]-?: Ssh[Key] | undefined } = {
    user: text(vars['ansible_user']) ?? text(vars['ansible_ssh_user']),
    port: Number.isInteger(port) ? port : defaultPort,
    identityFile: text(vars['ansible_ssh_private_key_file']) ?? text(vars['ansible_private_key_file']),
    sudo: says(vars, sudoPasswords) ? { passwordFile } : undefined,
  };
  return pick((key) => read[key]);
}

function pick(value: (key: keyof Ssh) => Ssh[keyof Ssh] | undefined): Ssh {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const found = value(key);
      return found === undefined ? [] : [[key, found]];
    }),
  );
}

/** What most hosts say of one key; of a user, most of those that name one. */
function most(key: keyof Ssh, all: readonly Ssh[]): Ssh {
  const counts = new Map<string, number>();
  for (const one of all) {
    if (key === 'user' && one.user === undefined) continue;
    const value = JSON.stringify(one[key] ?? null);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const [first = 'null'] = [...counts].toSorted(([, one], [, other]) => other - one)[0] ?? [];
  return first === 'null' ? {} : { [key]: JSON.parse(first) as unknown };
}

const sudoPasswords = ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'];
const loginPasswords = ['ansible_password', 'ansible_ssh_password', 'ansible_ssh_pass'];
const argumentsOfSsh = ['ansible_ssh_common_args', 'ansible_ssh_extra_args'];

function remarksOf(hosts: readonly Vars[]): Remark[] {
  const some = (names: readonly string[]) => hosts.some((vars) => says(vars, names));
  return [
    ...(some(sudoPasswords)
      ? [blocks(`sudo asks for a password: write it to ${passwordFile} (mode 0600) on the worker’s machine`)]
      : []),
    ...(some(loginPasswords)
      ? [blocks('Ansible logs in with a password: holdfast does so with keys alone; put one on every host')]
      : []),
    ...(some(argumentsOfSsh)
      ? [
          note(
            'arguments of ssh are not carried over: holdfast goes to the bastion, and through it to all others',
          ),
        ]
      : []),
  ];
}

function says(vars: Vars, names: readonly string[]): boolean {
  return names.some((name) => vars[name] !== undefined && vars[name] !== '');
}
