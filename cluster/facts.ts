/** What gather-facts reads of one host. Small: a thousand of them meet in one workflow. */
export interface HostFacts {
  readonly host: string;
  readonly hostname: string;
  readonly machineId: string;
  /** `ID`, `VERSION_ID`, `ID_LIKE` of /etc/os-release. */
  readonly os: {
    readonly id: string;
    readonly versionId: string;
    readonly idLike: readonly string[];
    readonly prettyName: string;
  };
  readonly kernel: string;
  readonly architecture: string;
  readonly memoryMb: number;
  readonly cpus: number;
  /** Free megabytes on the file systems that matter, by path. */
  readonly freeMb: Readonly<Record<string, number>>;
  /** All IPv4 addresses with prefix, e.g. "10.0.0.31/24", and the interface that holds each. */
  readonly addresses: readonly { readonly cidr: string; readonly interface: string }[];
  /** Its IPv6 addresses that others may reach it by. Absent: none, or facts of before holdfast asked. */
  readonly addresses6?: readonly { readonly cidr: string; readonly interface: string }[];
  /** Host's clock minus the Temporal worker's, milliseconds; half the round trip is the error. */
  readonly clockOffsetMs: number;
  readonly clockErrorMs: number;
  /** Absent: no python3. */
  readonly python?: string;
  readonly virtualization: string;
}

export interface Problem {
  readonly host: string;
  readonly step: string;
  readonly message: string;
  /** What a person can do. */
  readonly cure: string;
}
