import type { OperatingSystem } from './operating-system.ts';
import { rpmQuery } from './rpm.ts';

/** All packages are in BaseOS and AppStream: neither EPEL nor CodeReady is needed. */
export const rhel: OperatingSystem = {
  family: 'rhel',
  systems: { rhel: '9', rocky: '9', almalinux: '9', centos: '9' },
  like: ['rhel'],
  packages: {
    // The file: the package curl and the smaller curl-minimal exclude each other.
    'every-host': [
      '/usr/bin/curl',
      ...['ca-certificates', 'iproute', 'openssl', 'procps-ng', 'python3', 'tar'],
    ],
    bastion: ['git-core', 'openssh-clients'],
    haproxy: ['haproxy'],
    keepalived: ['keepalived'],
    kubernetes: [
      ...[
        'conntrack-tools',
        'container-selinux',
        'ebtables',
        'ethtool',
        'iptables',
        'kmod',
        'rsync',
        'socat',
      ],
    ],
    etcd: ['rsync'],
    'nfs-client': ['nfs-utils'],
    'nfs-server': ['nfs-utils'],
    // nfs-ganesha comes from the Storage SIG or from EPEL, if at all.
    'nfs-server-in-user-space': [],
  },
  pythons: {
    // Since 9.2; its venv and pip are in it. python3 is 3.9.
    '9': { version: '3.11', command: 'python3.11', packages: ['python3.11'], forModules: false },
  },
  commands: {
    update: ['dnf', '-q', '-y', 'makecache'],
    // dnf waits for whoever holds its lock.
    install: (packages) => [
      ...['dnf', '-q', '-y', '--setopt=install_weak_deps=False', 'install', ...packages],
    ],
    ends: [0],
    ...rpmQuery,
  },
  environment: {},
  services: {
    haproxy: 'haproxy.service',
    keepalived: 'keepalived.service',
    nfsServer: 'nfs-server.service',
    nfsServerInUserSpace: 'nfs-ganesha.service',
  },
  nfsExports: '/etc/exports.d/holdfast.exports',
  // The one that its own configuration has: SELinux and AppArmor allow it, and there is no /run/haproxy.
  haproxySocket: '/var/lib/haproxy/stats',
  keepalivedScripts: '/usr/libexec/keepalived',
  setClock: 'dnf install chrony && systemctl enable --now chronyd',
};
