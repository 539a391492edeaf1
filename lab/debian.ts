/** A release of Debian that lab hosts run. */
export interface Debian {
  readonly suite: string;
  /** Its CPython, as pip names it, and the oldest and newest glibc that wheels may be built for. */
  readonly python: string;
  readonly abi: string;
  readonly glibc: readonly string[];
  /** What its systemd is told as the kernel's command line, where it must not go by the machine's. */
  readonly commandLine?: string;
}

const glibc = ['2014', '_2_17', '_2_28', '_2_34'] as const;

export const debians = {
  '12': { suite: 'bookworm', python: '3.11', abi: 'cp311', glibc },
  '13': {
    suite: 'trixie',
    python: '3.13',
    abi: 'cp313',
    glibc: [...glibc, '_2_39'],
    // systemd 256 and 257 refuse version 1 of cgroups else; 258 knows it no more.
    commandLine: 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1',
  },
} as const satisfies Readonly<Record<string, Debian>>;

export type DebianVersion = keyof typeof debians;
export const debianVersions = Object.keys(debians) as readonly DebianVersion[];
export const isDebianVersion = (text: string): text is DebianVersion => Object.hasOwn(debians, text);
