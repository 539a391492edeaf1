/** Something that etcd can be restored from. */
export interface RestoreSource {
  /** What a person names it by: a backup's file, a member's host, or `HOST/before-restore-…` for what a restore kept. */
  readonly name: string;
  readonly kind: 'backup' | 'member';
  /** Hosts that hold it. */
  readonly hosts: readonly string[];
  /** Absent: known only once it is opened. */
  readonly revision?: number;
  /** When it was made, or last written to: ms since 1970. */
  readonly at: number;
  /** Why it cannot serve. */
  readonly problem?: string;
}

/** An etcd host as a restore found it. */
export interface RestoreMember {
  readonly host: string;
  /** As in its /etc/etcd.env: ETCD_NAME and ETCD_INITIAL_ADVERTISE_PEER_URLS. */
  readonly name?: string;
  readonly peer?: string;
  /** Why the cluster would be restored without it. */
  readonly problem?: string;
}

/** A host that may run an API server: a control-plane node, or a candidate. */
export interface RestoreApiServer {
  readonly host: string;
  /** It has an HAProxy before etcd. */
  readonly proxy: boolean;
  /** Why it is left out: it gave no answer. */
  readonly problem?: string;
}

export interface RestoreLook {
  /** ms since 1970. */
  readonly at: number;
  /** Those that can serve, newest first; then the others. */
  readonly sources: readonly RestoreSource[];
  readonly members: readonly RestoreMember[];
  readonly apiServers: readonly RestoreApiServer[];
  /** The highest revision that any backup tells of, not only those of the offer. */
  readonly highest?: number;
  /** etcd takes writes now, at this revision: a restore would throw away what it holds. */
  readonly serving?: number;
}

/** What a person approved. */
export interface RestoreChoice {
  readonly source: RestoreSource;
  /** What the cluster is restored with. */
  readonly members: readonly RestoreMember[];
  /** By how much the source's revision is raised. Absent in what an earlier version chose: by the least. */
  readonly bump?: number;
}

/** Far above what any watcher has seen: none takes an old revision for the next (etcd's own advice for a restore). */
export const leastBump = 1_000_000_000;

/** The step that stands for a person's word. */
export const confirmStep = 'confirm-restore';

/** At most this many are told: a person chooses between a few. */
export const mostSources = 12;

/**
 * Those that can serve before the others; the highest revision first, then the latest. One whose revision is not known
 * holds at least what any earlier one does. (Two compared by time and two by revision would make no order.)
 */
export function inOrder(sources: readonly RestoreSource[]): readonly RestoreSource[] {
  const isBroken = ({ problem }: RestoreSource): number => Number(problem !== undefined);
  const atLeast = ({ revision, at }: RestoreSource): number =>
    revision ?? Math.max(-1, ...sources.map((one) => (one.at <= at ? (one.revision ?? -1) : -1)));
  return sources
    .toSorted(
      (a, b) =>
        isBroken(a) - isBroken(b) ||
        atLeast(b) - atLeast(a) ||
        b.at - a.at ||
        a.name.localeCompare(b.name, 'en'),
    )
    .slice(0, mostSources);
}

/** What would be restored, or why nothing can be. `from`: what a person named. */
export function choose(look: RestoreLook, from?: string): RestoreChoice | { readonly why: string } {
  const members = look.members.filter(({ problem }) => problem === undefined);
  if (members.length === 0) return { why: 'no etcd host can take a restore' };
  const source = from === undefined ? look.sources[0] : look.sources.find(({ name }) => name === from);
  if (!source)
    return { why: from === undefined ? 'there is nothing to restore from' : `there is no ${from}` };
  if (source.problem !== undefined) return { why: `${source.name}: ${source.problem}` };
  const serves = look.serving;
  if (from === undefined && serves !== undefined && (source.revision ?? 0) <= serves)
    return {
      why: `etcd has its quorum, at revision ${serves}: there is nothing to restore. To go back to an older state all the same, name it with --from`,
    };
  return { source, members, bump: bumpOver(look, source) };
}

/** An earlier restore has raised it already, and what is restored now may be of before that. */
function bumpOver(
  { sources, serving = 0, highest: ofBackups = 0 }: RestoreLook,
  { revision = 0 }: RestoreSource,
): number {
  const highest = Math.max(serving, ofBackups, ...sources.map((one) => one.revision ?? 0));
  return leastBump + Math.max(0, highest - revision);
}

/** What is lost by it, in words. */
export function lossText({ source }: RestoreChoice, now: number): string {
  const revision = source.revision === undefined ? '' : `revision ${source.revision}, `;
  return `${source.name}: ${revision}${ago(now - source.at)} old; what was written after it is lost`;
}

export function ago(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 2) return `${Math.max(0, Math.round(ms / 1000))} seconds`;
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} hours ${minutes % 60} minutes`;
  return `${Math.floor(hours / 24)} days ${hours % 24} hours`;
}
