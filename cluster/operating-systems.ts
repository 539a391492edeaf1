import type { HostFacts } from './facts.ts';

/** One family of Linux distributions: all that holdfast needs to know to set up its hosts. */
export interface OperatingSystem {
  readonly family: string;
  /** `ID` of /etc/os-release → lowest `VERSION_ID`, for hosts and for a bastion (Kubespray v2.31 wants Python 3.11 there). */
  readonly systems: Readonly<Record<string, { readonly oldest: string; readonly oldestBastion: string }>>;
  readonly packages: Readonly<Record<Purpose, readonly string[]>>;
  /** Command lines as words; run as root, with `environment`. */
  readonly commands: {
    readonly update: readonly string[];
    readonly install: (packages: readonly string[]) => readonly string[];
    /**
     * Prints one line `NAME STATUS` for each package that is known, `isInstalled` reading the status.
     * Ends non-zero where one is unknown, which is an answer.
     */
    readonly query: (packages: readonly string[]) => readonly string[];
    readonly isInstalled: (status: string) => boolean;
  };
  readonly environment: Readonly<Record<string, string>>;
  /** systemd units. */
  readonly services: {
    readonly haproxy: string;
    readonly keepalived: string;
    readonly nfsServer: string;
    /** For hosts whose kernel has no NFS server. */
    readonly nfsServerInUserSpace: string;
  };
  /** A file of our own in the folder that exportfs reads. */
  readonly nfsExports: string;
}

/** Why a package is on a host. */
export type Purpose =
  | 'every-host'
  | 'bastion'
  | 'haproxy'
  | 'keepalived'
  | 'kubernetes'
  | 'etcd'
  | 'nfs-client'
  | 'nfs-server'
  | 'nfs-server-in-user-space';

/** A new family is one entry here. */
export const operatingSystems: readonly OperatingSystem[] = [
  {
    family: 'debian',
    systems: {
      debian: { oldest: '12', oldestBastion: '12' },
      ubuntu: { oldest: '22.04', oldestBastion: '24.04' },
    },
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
    commands: {
      update: ['apt-get', '-q', '-y', 'update'],
      install: (packages) => [
        ...['apt-get', '-q', '-y', '-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=60'],
        ...['install', '--no-install-recommends', ...packages],
      ],
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
  },
];

/** The entry for a host's system: by `ID`, else by `ID_LIKE`. Undefined: not supported. */
export function familyOf(os: HostFacts['os']): OperatingSystem | undefined {
  const ids = [os.id, ...os.idLike];
  return operatingSystems.find(({ systems }) => ids.some((id) => Object.hasOwn(systems, id)));
}

/** Why a host's system will not do; undefined where it will. Derivatives are taken at their word (`ID_LIKE`). */
export function whyUnsupported(os: HostFacts['os'], bastion: boolean): string | undefined {
  const family = familyOf(os);
  const name = os.prettyName === '' ? os.id : os.prettyName;
  if (!family) return `${name} is not supported; supported: ${supportedSystems()}`;
  const system = Object.hasOwn(family.systems, os.id) ? family.systems[os.id] : undefined;
  const floor = bastion ? system?.oldestBastion : system?.oldest;
  if (floor === undefined || compareVersions(os.versionId, floor) >= 0) return undefined;
  return `${name} is too old${bastion ? ' for a bastion' : ''}; wanted: ${os.id} ${floor} or newer`;
}

/** "debian 12, ubuntu 22.04 (bastion 24.04)": for people. */
export function supportedSystems(): string {
  return operatingSystems
    .flatMap(({ systems }) => Object.entries(systems))
    .map(([id, { oldest, oldestBastion }]) =>
      oldest === oldestBastion ? `${id} ${oldest}` : `${id} ${oldest} (bastion ${oldestBastion})`,
    )
    .join(', ');
}

/** Numbers between dots, left to right; what is no number counts as newest, as in Debian's "trixie/sid" without a version. */
function compareVersions(one: string, other: string): number {
  const [first, second] = [one, other].map((version) => version.split('.').map(Number)) as [
    number[],
    number[],
  ];
  for (const [index, wanted] of second.entries()) {
    const have = first[index] ?? 0;
    if (one === '' || Number.isNaN(have)) return 1;
    if (have !== wanted) return have - wanted;
  }
  return 0;
}
