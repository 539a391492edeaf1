import type { DebianVersion } from './debian.ts';

/** What a bare-metal Debian server brings, and what is heavy: the lab's hosts have it from the start. */
export const basePackages = [
  'systemd,systemd-sysv,libpam-systemd,dbus,udev,kmod,mount,util-linux,procps,less',
  'openssh-server,sudo,python3,python3-apt,python3-yaml,ca-certificates,curl,gnupg,git,rsync,tar,xz-utils,unzip',
  'iproute2,iputils-ping,iputils-arping,netcat-openbsd,ethtool,iptables,nftables,ebtables,ipset,conntrack,socat',
  'containerd,runc,containernetworking-plugins,fuse3,e2fsprogs,chrony,openssl',
].flatMap((line) => line.split(','));

/**
 * What the product's own steps install, and, in the last two lines, what Kubespray does (its roles/system_packages at
 * v2.31.0): kept out of the base, served by the lab's apt repository.
 */
export const repositoryPackages = (version: DebianVersion): readonly string[] => [
  'haproxy',
  'keepalived',
  'nfs-common',
  'nfs-ganesha',
  'nfs-ganesha-vfs',
  'python3-venv',
  'python3-pip',
  ...['apparmor', 'apt-transport-https', 'bash-completion', 'libseccomp2'],
  ...(version === '12' ? ['mergerfs', 'software-properties-common'] : []),
  'xfsprogs',
];
