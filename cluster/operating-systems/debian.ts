import type { OperatingSystem } from './operating-system.ts';

export const debian: OperatingSystem = {
  family: 'debian',
  systems: { debian: '12', ubuntu: '22.04' },
  like: ['debian', 'ubuntu'],
  packages: {
    'every-host': ['ca-certificates', 'curl', 'iproute2', 'openssl', 'procps', 'python3', 'tar'],
    bastion: ['git', 'openssh-client', 'python3-venv'],
    haproxy: ['haproxy'],
    keepalived: ['keepalived'],
    kubernetes: ['conntrack', 'ebtables', 'ethtool', 'iptables', 'kmod', 'rsync', 'socat'],
    etcd: ['rsync'],
    'nfs-client': ['nfs-common'],
    'nfs-server': ['nfs-kernel-server'],
    'nfs-server-in-user-space': ['nfs-ganesha', 'nfs-ganesha-vfs'],
  },
  pythons: {
    // In universe. python3 is 3.10 there.
    '22.04': {
      version: '3.11',
      command: 'python3.11',
      packages: ['python3.11', 'python3.11-venv'],
      forModules: false,
    },
  },
  commands: {
    update: ['apt-get', '-q', '-y', 'update'],
    install: (packages) => [
      ...['apt-get', '-q', '-y', '-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=60'],
      ...['install', '--no-install-recommends', ...packages],
    ],
    ends: [0],
    query: (packages) => ['dpkg-query', '-W', '-f=${Package} ${db:Status-Abbrev}\\n', ...packages],
    isInstalled: (status) => status.startsWith('ii') || status.startsWith('hi'),
  },
  environment: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
  services: {
    haproxy: 'haproxy.service',
    keepalived: 'keepalived.service',
    nfsServer: 'nfs-kernel-server.service',
    nfsServerInUserSpace: 'nfs-ganesha.service',
  },
  nfsExports: '/etc/exports.d/holdfast.exports',
  haproxySocket: '/run/haproxy/admin.sock',
  keepalivedScripts: '/usr/local/lib/holdfast',
  setClock: 'apt-get install systemd-timesyncd && timedatectl set-ntp true',
};
