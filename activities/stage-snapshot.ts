import type { RestoreChoice } from '../cluster/restore/offer.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { backupsIn } from './backup-list.ts';
import { firstOf } from './backup-places.ts';
import { fileStream } from './backup-store.ts';
import { backupKeys, openBackup } from './open-backup.ts';
import { restoreLock } from './restore/lock.ts';
import { etcdSettings, restorePaths } from './restore/paths.ts';
import { staged } from './restore/staged.ts';
import { writeSnapshot } from './restore/write-snapshot.ts';
import { whyNoSnapshot } from './snapshot-hash.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';

/** The chosen snapshot stands on every member, the same on each, and etcd's own tool can read it. Nothing is stopped yet. */
const body: StepBody<'stage-snapshot'> = async (call, tools) => {
  const { choice } = call;
  if (!choice) throw problem(tools.host.name, 'nobody has said what to restore', 'holdfast restore');
  const members = choice.members.map(({ host }) => tools.other(host));
  const paths = restorePaths(call);
  const there = await staged(members, paths.snapshot, tools.signal);
  if (there !== undefined)
    return { changed: false, summary: `${choice.source.name} is on ${names(members)}: ${there}` };
  const from = await contentOf(choice, call, tools);
  const { sum, bytes } = await writeSnapshot(members, paths, from, tools.signal);
  const status = await staged(members, paths.snapshot, tools.signal);
  if (status === undefined)
    throw notYet(tools.host.name, `the snapshot is not the same on ${names(members)}`, 'Retry.');
  const size = `${(bytes / 1e6).toFixed(1)} MB, sha256 ${sum.slice(0, 12)}…`;
  return { changed: true, summary: `${choice.source.name} (${size}) to ${names(members)}: ${status}` };
};

export const stageSnapshot = step('stage-snapshot', body);

const names = (hosts: readonly Host[]): string => hosts.map(({ name }) => name).join(', ');

function contentOf(
  { source }: RestoreChoice,
  call: StepCall<'stage-snapshot'>,
  tools: StepTools,
): Promise<ReadableStream<Uint8Array>> {
  return source.kind === 'backup'
    ? fromBackup(source.name, call, tools)
    : fromMember(source.name, call, tools);
}

/** Read to its end before anything is written: a copy that breaks off must not hide a whole one in another place. */
async function fromBackup(
  name: string,
  { cluster, places }: StepCall<'stage-snapshot'>,
  { other, signal, deps, host }: StepTools,
): Promise<ReadableStream<Uint8Array>> {
  const keys = await backupKeys(deps);
  const { backups } = await backupsIn(places.map(other), cluster, signal);
  const backup = backups.find((one) => one.name === name);
  if (!backup)
    throw problem(
      host.name,
      `${name} is gone`,
      'holdfast abort, then holdfast restore offers what there is.',
    );
  const holders = backup.copies.map(({ place }) => place.name);
  const open = (place: Host) => openBackup(place, cluster, backup, keys, signal);
  const whole = await firstOf(holders, other, async (place) => {
    const wrong = await whyNoSnapshot(await open(place));
    if (wrong !== undefined) throw problem(place.name, `${name} is no whole snapshot: ${wrong}`, 'Retry.');
    return place;
  });
  return open(whole);
}

/**
 * Made once: a retry must not take another. One that serves gives all that it has applied; of any other the file is
 * copied, twice the same, for one that waits for its quorum may write into it.
 */
async function fromMember(
  name: string,
  call: StepCall<'stage-snapshot'>,
  { other, signal }: StepTools,
): Promise<ReadableStream<Uint8Array>> {
  const [holder = '', kept] = name.split('/');
  const { dir, source } = restorePaths(call);
  const host = other(holder);
  const { stdout } = await host.run(
    sh`set -e; umask 077; install -d -m 0700 ${dir}
${restoreLock}
if [ ! -e ${source} ]; then
  ${etcdSettings}
  db=$data/${kept ?? '.'}/member/snap/db; part=${`${source}.part`}
  leave() { rm -f -- "$part" "$part.part"; }; trap leave EXIT; leave
  if [ ${kept ?? 'now'} = now ] && etcdctl --dial-timeout=3s --command-timeout=5s endpoint status > /dev/null 2>&1; then
    etcdctl --dial-timeout=3s --command-timeout=600s snapshot save "$part" >&2
  else
    cp -- "$db" "$part"; cmp -- "$db" "$part" >&2; etcdutl snapshot status "$part" >&2
  fi
  sync -- "$part"; mv -f -- "$part" ${source}
fi
stat -c %s ${source}`,
    { sudo: true, signal, timeout: 1800 },
  );
  return fileStream(host, { path: source, size: Number(stdout.trim()) }, signal);
}
