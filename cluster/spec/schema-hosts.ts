import { z } from 'zod';
import { roles } from '../cluster.ts';
import { address, address6, name, path, port } from './values.ts';
import { list, mapping, oneOf, text, wanted } from './wanted.ts';

const user = text(/^[A-Za-z_][\w.@-]{0,63}$/, 'a user name such as ubuntu').describe(
  'User who logs in, and who may use sudo.',
);

const reach = {
  port: port().optional().describe('Port of sshd. Default: 22; of a host, the spec’s.'),
  identityFile: path('~/.ssh/id_ed25519')
    .optional()
    .describe('Private key. Default: the SSH agent. Relative to the spec file; `~/` is the worker’s home.'),
  sudo: mapping({
    passwordFile: path('~/.config/holdfast/sudo')
      .optional()
      .describe('File with the password for sudo. Default: sudo asks for none.'),
  })
    .optional()
    .describe('How sudo is used on the hosts.'),
};

export const sshSchema = mapping({
  user,
  ...reach,
  knownHosts: path('./known_hosts')
    .default('./known_hosts')
    .describe('The hosts’ keys, as `holdfast trust` writes them. Relative to the spec file.'),
});

const labelKey = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;

export const hostSchema = mapping(
  {
    name: name('worker-1').describe('Host name; also the node’s name in Kubernetes.'),
    address: address().describe(
      'IPv4 address at which SSH reaches it: from the bastion; of a bastion, from the worker.',
    ),
    ip: address()
      .optional()
      .describe('IPv4 address of its interface, which Kubernetes and etcd bind. Default: `address`.'),
    accessIp: address().optional().describe('IPv4 address by which the other hosts reach it. Default: `ip`.'),
    ip6: address6().optional().describe('IPv6 address of its interface. Of nodes, with `kubernetes.ipv6`.'),
    roles: list(oneOf(roles), 'roles')
      .min(1, wanted('at least one role'))
      .describe(`What runs on it: ${roles.join(', ')}.`),
    etcdMember: text(
      /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/,
      'a member’s name: letters, digits, ".", "_" and "-", at most 63, such as etcd1',
    )
      .optional()
      .describe('Name of its etcd member, of a cluster that has another. Default: the host’s name.'),
    labels: z
      .record(
        z.string().regex(labelKey, wanted('a label’s name, such as topology.kubernetes.io/zone')),
        text(labelValue, 'a label’s value in quotes: letters, digits, ".", "_", "-", at most 63'),
        wanted('a mapping of labels'),
      )
      .default({})
      .describe('Labels of the Kubernetes node.'),
    ssh: mapping({ user: user.optional(), ...reach })
      .optional()
      .describe('Overrides of the spec’s `ssh` for this host.'),
  },
  'a host',
);
