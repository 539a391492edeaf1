import type { OperatingSystem } from './operating-system.ts';
import { rpmQuery } from './rpm.ts';

/** Leap has all packages. SLES has haproxy and keepalived in the High Availability extension and Package Hub alone. */
export const suse: OperatingSystem = {
  family: 'suse',
  systems: { 'opensuse-leap': '15.5', sles: '15.5' },
  like: ['suse'],
  packages: {
    'every-host': ['ca-certificates-mozilla', 'curl', 'iproute2', 'openssl', 'procps', 'python3', 'tar'],
    bastion: ['git-core', 'openssh-clients'],
    haproxy: ['haproxy'],
    keepalived: ['keepalived'],
    kubernetes: ['conntrack-tools', 'ebtables', 'ethtool', 'iptables', 'kmod', 'rsync', 'socat'],
    etcd: ['rsync'],
    'nfs-client': ['nfs-client'],
    'nfs-server': ['nfs-kernel-server'],
    'nfs-server-in-user-space': [],
  },
  pythons: {
    // python3 is 3.6 there.
    '15': { version: '3.11', command: 'python3.11', packages: ['python311'], forModules: true },
  },
  commands: {
    update: ['zypper', '--non-interactive', '--quiet', 'refresh'],
    install: (packages) => [
      ...['zypper', '--non-interactive', '--quiet', 'install', '--no-recommends', ...packages],
    ],
    // Installed, and: reboot (102) or zypper itself to be started anew (103), a repository was skipped (106), a script of a package
    // failed (107). What did not come, the next look finds. Not 104: there is no such package.
    ends: [0, 102, 103, 106, 107],
    ...rpmQuery,
  },
  // Seconds that zypper waits for whoever holds its lock.
  environment: { ZYPP_LOCK_TIMEOUT: '60' },
  services: {
    haproxy: 'haproxy.service',
    keepalived: 'keepalived.service',
    nfsServer: 'nfs-server.service',
    nfsServerInUserSpace: 'nfs-ganesha.service',
  },
  nfsExports: '/etc/exports.d/holdfast.exports',
  // As its AppArmor profile has it.
  haproxySocket: '/var/lib/haproxy/stats',
  keepalivedScripts: '/usr/libexec/keepalived',
  setClock: 'zypper install chrony && systemctl enable --now chronyd',
};
