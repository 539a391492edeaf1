/** What one release of Kubespray installs and needs. Read from its tag: checksum tables, ansible_version.yml. */
export interface Release {
  /** Kubernetes minor → newest patch that it has checksums for; all from .0 on are there. */
  readonly kubernetes: Patches;
  /** etcd minor → newest patch that it has checksums for. */
  readonly etcd: Patches;
  /** The one minor of ansible-core that its playbooks take. */
  readonly ansibleCore: string;
}

type Patches = Readonly<Record<string, number>>;

/** Oldest first. From v2.28.0 on `kube_version` is written without a leading "v", as holdfast writes it. */
export const releases: Readonly<Record<string, Release>> = {
  'v2.28.0': {
    kubernetes: { '1.30': 13, '1.31': 9, '1.32': 5 },
    etcd: { '3.5': 21 },
    ansibleCore: '2.16',
  },
  'v2.28.1': {
    kubernetes: { '1.30': 14, '1.31': 12, '1.32': 8 },
    etcd: { '3.5': 22 },
    ansibleCore: '2.16',
  },
  'v2.29.0': {
    kubernetes: { '1.31': 13, '1.32': 9, '1.33': 5 },
    etcd: { '3.5': 23 },
    ansibleCore: '2.17',
  },
  'v2.29.1': {
    kubernetes: { '1.31': 14, '1.32': 10, '1.33': 7 },
    etcd: { '3.5': 25 },
    ansibleCore: '2.17',
  },
  'v2.30.0': {
    kubernetes: { '1.32': 11, '1.33': 7, '1.34': 3 },
    etcd: { '3.5': 26 },
    ansibleCore: '2.17',
  },
  // etcd 3.6 with Kubernetes 1.35, 3.5 with the two before.
  'v2.31.0': {
    kubernetes: { '1.33': 11, '1.34': 7, '1.35': 4 },
    etcd: { '3.5': 29, '3.6': 10 },
    ansibleCore: '2.18',
  },
};

/** ansible-core's minor → oldest and newest minor of Python 3 that it runs on (its own documentation, "control node"). */
const pythons: Readonly<Record<string, PythonRange>> = {
  '2.16': { oldest: 10, newest: 12 },
  '2.17': { oldest: 10, newest: 12 },
  '2.18': { oldest: 11, newest: 13 },
  '2.19': { oldest: 11, newest: 13 },
};

/** Minors of Python 3. */
export interface PythonRange {
  readonly oldest: number;
  readonly newest: number;
}

/** Which Pythons a version of ansible-core ("2.18.0") runs on; undefined where nothing is known of it. */
export function pythonsFor(ansibleCore: string): PythonRange | undefined {
  const [minor = ''] = /^\d+\.\d+/.exec(ansibleCore) ?? [];
  return Object.hasOwn(pythons, minor) ? pythons[minor] : undefined;
}

/** Whether a Python ("3.11.2") lies in the range; every one does where none is known. */
export function isPythonIn(version: string, range: PythonRange | undefined): boolean {
  const minor = Number(/^3\.(\d+)/.exec(version)?.[1]);
  return minor >= (range?.oldest ?? 0) && minor <= (range?.newest ?? Infinity);
}

/** The release of that tag; of a patch release that is not in the table, the newest of its minor; undefined: nothing is known. */
export function releaseOf(tag: string): Release | undefined {
  if (Object.hasOwn(releases, tag)) return releases[tag];
  const [minor] = /^v2\.\d+\.(?=\d+$)/.exec(tag) ?? [];
  return minor === undefined
    ? undefined
    : Object.entries(releases).findLast(([known]) => known.startsWith(minor))?.[1];
}

/** Why this Kubespray cannot install this Kubernetes, and what can; undefined where it can, or where nothing is known of the tag. */
export function whyNotInstalled(kubespray: string, kubernetes: string): string | undefined {
  const [oldest = '', ...others] = Object.keys(releases);
  const newest = others.at(-1) ?? oldest;
  if (minorOf(kubespray) < minorOf(oldest))
    return `Kubespray ${kubespray} is older than ${oldest}, whose variables holdfast writes; wanted: ${newest}`;
  const release = releaseOf(kubespray);
  if (!release || holds(release.kubernetes, kubernetes, !Object.hasOwn(releases, kubespray)))
    return undefined;
  const other = Object.entries(releases).findLast(([, one]) => holds(one.kubernetes, kubernetes));
  const instead = other
    ? `, or kubespray.version: ${other[0]} (${spans(other[1].kubernetes)})`
    : `; of the releases that holdfast knows, up to ${newest}, none installs ${kubernetes}`;
  return `Kubespray ${kubespray} installs Kubernetes ${spans(release.kubernetes)}; wanted: one of these${instead}`;
}

/** The same for `etcd_version`, where the spec sets that variable. */
export function whyNoEtcd(kubespray: string, etcd: string): string | undefined {
  const release = releaseOf(kubespray);
  if (!release || holds(release.etcd, etcd, !Object.hasOwn(releases, kubespray))) return undefined;
  return `Kubespray ${kubespray} has checksums of etcd up to ${newestPatches(release.etcd)}; wanted: one of these, or leave it out`;
}

/** `later`: of a release after the one that the table knows, which may have newer patches. */
function holds(patches: Patches, version: string, later = false): boolean {
  const [, minor = '', patch] = /^(\d+\.\d+)\.(\d+)$/.exec(version) ?? [];
  const newest = Object.hasOwn(patches, minor) ? patches[minor] : undefined;
  return newest !== undefined && (later || Number(patch) <= newest);
}

function minorOf(tag: string): number {
  return Number(/^v2\.(\d+)\.\d+$/.exec(tag)?.[1]);
}

/** "1.33.0 to 1.33.11, 1.34.0 to 1.34.7" */
function spans(patches: Patches): string {
  return Object.entries(patches)
    .map(([minor, newest]) => `${minor}.0 to ${minor}.${newest}`)
    .join(', ');
}

function newestPatches(patches: Patches): string {
  return Object.entries(patches)
    .map(([minor, newest]) => `${minor}.${newest}`)
    .join(' and ');
}
