/** One family of Linux distributions: all that holdfast needs to know to set up its hosts. */
export interface OperatingSystem {
  readonly family: string;
  /** `ID` of /etc/os-release → lowest `VERSION_ID`. */
  readonly systems: Readonly<Record<string, string>>;
  /** What a system of another name says that it is like (`ID_LIKE`) to be taken as one of this family. */
  readonly like: readonly string[];
  readonly packages: Readonly<Record<Purpose, readonly string[]>>;
  /** Pythons beside python3, by `VERSION_ID` or what stands before its first dot. */
  readonly pythons: Readonly<Record<string, OtherPython>>;
  readonly commands: PackageCommands;
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
  /** Where its haproxy may open the socket by which it is asked and told. */
  readonly haproxySocket: string;
  /** Where keepalived may run a script of ours: SELinux's policy names one folder. */
  readonly keepalivedScripts: string;
  /** What a person enters for a clock that nobody sets. */
  readonly setClock: string;
}

/** Command lines as words; run as root, with `environment`. */
export interface PackageCommands {
  readonly update: readonly string[];
  readonly install: (packages: readonly string[]) => readonly string[];
  /** Exit codes after which the next look decides. */
  readonly ends: readonly number[];
  /**
   * Prints one line `NAME STATUS` for each package that is known, `isInstalled` reading the status.
   * Ends non-zero where one is unknown, which is an answer.
   */
  readonly query: (packages: readonly string[]) => readonly string[];
  readonly isInstalled: (status: string) => boolean;
}

export interface OtherPython {
  /** "3.11" */
  readonly version: string;
  readonly command: string;
  /** With its venv. */
  readonly packages: readonly string[];
  /** Every host that Ansible enters has it: the system's own python3 is older than what Ansible's modules bear (3.8). */
  readonly forModules: boolean;
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
  /** Empty: the distribution has none. */
  | 'nfs-server-in-user-space';
