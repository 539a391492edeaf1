import ipaddr from 'ipaddr.js';
import type { Json, Role } from '../cluster.ts';
import { rolesOf } from './groups.ts';
import { type Inventory, type Vars, isVault } from './inventory.ts';
import { type Remark, blocks, note } from './remarks.ts';
import { type Ssh, adoptSsh } from './ssh.ts';
import { text } from './text.ts';

/** One entry of the spec's `hosts`. */
export interface AdoptedHost {
  readonly name: string;
  readonly address: string;
  readonly ip?: string;
  readonly accessIp?: string;
  readonly ip6?: string;
  readonly roles: readonly Role[];
  readonly etcdMember?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ssh?: Ssh;
}

/** The hosts of the inventory that hold a role; what most of them share about SSH is given apart. */
export function adoptHosts(inventory: Inventory): {
  readonly hosts: readonly AdoptedHost[];
  readonly ssh: Ssh;
  readonly remarks: readonly Remark[];
} {
  const roles = rolesOf(inventory);
  const names = [...roles.keys()];
  const { common, own, remarks } = adoptSsh(names.map((name) => inventory.vars[name] ?? {}));
  return {
    hosts: names.map((name, n) =>
      adoptHost(name, roles.get(name) ?? [], inventory.vars[name] ?? {}, own[n] ?? {}),
    ),
    ssh: common,
    remarks: [
      ...remarks,
      ...names.flatMap((name) => ofHost(name, inventory.vars[name] ?? {})),
      ...names.flatMap((name) => ofDualStack(name, roles.get(name) ?? [], inventory.vars[name] ?? {})),
      ...Object.keys(inventory.vars)
        .filter((name) => !roles.has(name))
        .map((name) => note(`${name} is in none of Kubespray's groups that give a role: it is left out`)),
    ],
  };
}

function adoptHost(name: string, roles: readonly Role[], vars: Vars, ssh: Ssh): AdoptedHost {
  const ip = text(vars['ip']);
  const address = sshAddress(name, vars);
  const accessIp = text(vars['access_ip']);
  const ip6 = text(vars['ip6']);
  const member = text(vars['etcd_member_name']);
  const labels = labelsOf(vars['node_labels']);
  return {
    name,
    address,
    ...(ip !== undefined && ip !== address && { ip }),
    ...(accessIp !== undefined && accessIp !== (ip ?? address) && { accessIp }),
    ...(ip6 !== undefined && { ip6 }),
    roles,
    ...(roles.includes('etcd') && member !== undefined && member !== name && { etcdMember: member }),
    ...(labels && { labels }),
    ...(Object.keys(ssh).length > 0 && { ssh }),
  };
}

/** Where SSH goes: an address, if the inventory has one. */
function sshAddress(name: string, vars: Vars): string {
  const given = [vars['ansible_host'], vars['ansible_ssh_host']].map(text).find((host) => host !== undefined);
  const others = [text(vars['ip']), text(vars['access_ip'])];
  return [given, ...others, name].find((one) => one !== undefined && ipaddr.isValid(one)) ?? given ?? name;
}

function ofHost(name: string, vars: Vars): Remark[] {
  const host = text(vars['ansible_host']);
  const address = sshAddress(name, vars);
  return [
    ...(host !== undefined && host !== address
      ? [note(`${name}: ansible_host ${host} is a name; SSH goes to ${address} instead`)]
      : []),
    ...(vars['node_taints'] === undefined
      ? []
      : [
          note(
            `${name}: node_taints are not in a spec; those that the node has stay, as long as it is not made anew`,
          ),
        ]),
    ...(labelsOf(vars['node_labels']) === undefined && vars['node_labels'] !== undefined
      ? [blocks(`${name}: node_labels is no mapping of text to text: write labels: of the host yourself`)]
      : []),
  ];
}

/** Kubespray takes the address of the default route where the inventory says none; a spec says it. */
function ofDualStack(name: string, roles: readonly Role[], vars: Vars): Remark[] {
  const isDual = vars['ipv6_stack'] === true || vars['enable_dual_stack_networks'] === true;
  const isNode = roles.includes('control-plane') || roles.includes('worker');
  return isDual && isNode && vars['ip6'] === undefined
    ? [
        blocks(
          `${name}: write its IPv6 address as ip6; kubectl get node ${name} -o wide tells which the node has`,
        ),
      ]
    : [];
}

function labelsOf(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isVault(value)) return undefined;
  const entries = Object.entries<Json>(value as { readonly [key: string]: Json });
  const texts = entries.flatMap(([key, label]) =>
    typeof label === 'object' ? [] : [[key, String(label)] as const],
  );
  return texts.length === 0 || texts.length < entries.length ? undefined : Object.fromEntries(texts);
}
