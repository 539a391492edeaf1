import { createHash, randomBytes } from 'node:crypto';
import type { RestoreChoice } from '../cluster/restore/offer.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { backupsIn } from './backup-list.ts';
import { firstOf } from './backup-places.ts';
import { fileStream, inPieces } from './backup-store.ts';
import { backupKeys, openBackup } from './open-backup.ts';
import { etcdSettings, restorePaths } from './restore/paths.ts';
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
  const { sum, bytes } = await write(members, paths, from, tools.signal);
  const status = await staged(members, paths.snapshot, tools.signal);
  if (status === undefined)
    throw notYet(tools.host.name, `the snapshot is not the same on ${names(members)}`, 'Retry.');
  const size = `${(bytes / 1e6).toFixed(1)} MB, sha256 ${sum.slice(0, 12)}…`;
  return { changed: true, summary: `${choice.source.name} (${size}) to ${names(members)}: ${status}` };
};

export const stageSnapshot = step('stage-snapshot', body);

const names = (hosts: readonly Host[]): string => hosts.map(({ name }) => name).join(', ');

/** What etcdutl says of it; undefined where a member has none, or another than the rest. */
async function staged(
  members: readonly Host[],
  snapshot: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const seen = await Promise.all(
    members.map(async (host) => {
      const { stdout } = await host.run(
        sh`[ -e ${snapshot} ] || exit 0; PATH=$PATH:/usr/local/bin; sha256sum < ${snapshot}; etcdutl snapshot status ${snapshot} -w json`,
        { sudo: true, signal, timeout: 900 },
      );
      return stdout.trim().split('\n');
    }),
  );
  const [sum, status = ''] = seen[0] ?? [];
  if (!sum || seen.some((one) => one[0] !== sum)) return undefined;
  const [revision, keys] = ['revision', 'totalKey'].map(
    (name) => new RegExp(`"${name}": ?(\\d+)`).exec(status)?.[1],
  );
  return `revision ${revision}, ${keys} keys`;
}

function contentOf(
  { source }: RestoreChoice,
  call: StepCall<'stage-snapshot'>,
  tools: StepTools,
): Promise<ReadableStream<Uint8Array>> {
  return source.kind === 'backup'
    ? fromBackup(source.name, call, tools)
    : fromMember(source.name, call, tools);
}

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
  return firstOf(holders, other, (place) => openBackup(place, cluster, backup, keys, signal));
}

/** Made once: a retry must not take another. One that runs gives all that it has applied; of one that does not, the file is copied. */
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
if [ ! -e ${source} ]; then
  ${etcdSettings}
  db=$data/${kept ?? '.'}/member/snap/db; part=${`${source}.part`}; rm -f -- "$part" "$part.part"
  if [ ${kept ?? 'now'} = now ] && systemctl is-active -q etcd; then
    etcdctl --dial-timeout=3s --command-timeout=600s snapshot save "$part" >&2
  else
    cp -- "$db" "$part"
  fi
  sync -- "$part"; mv -f -- "$part" ${source}
fi
stat -c %s ${source}`,
    { sudo: true, signal, timeout: 1800 },
  );
  return fileStream(host, { path: source, size: Number(stdout.trim()) }, signal);
}

async function write(
  members: readonly Host[],
  { dir, snapshot }: ReturnType<typeof restorePaths>,
  content: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<{ sum: string; bytes: number }> {
  const part = `${snapshot}.${randomBytes(4).toString('hex')}.part`;
  const onAll = (work: (host: Host) => Promise<unknown>) => Promise.all(members.map(work));
  await onAll((host) =>
    host.run(sh`install -d -m 0700 ${dir} && umask 077 && : > ${part}`, { sudo: true, signal }),
  );
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of inPieces(content)) {
    hash.update(piece);
    bytes += piece.length;
    await onAll((host) =>
      host.run(sh`cat >> ${part}`, { sudo: true, signal, stdin: piece, secret: true, timeout: 300 }),
    );
  }
  const sum = hash.digest('hex');
  await onAll(async (host) => {
    const { stdout } = await host.run(sh`sync ${part} && sha256sum < ${part}`, {
      sudo: true,
      signal,
      timeout: 300,
    });
    if (stdout.slice(0, 64) !== sum)
      throw notYet(host.name, 'the snapshot did not arrive whole', `Is the disk of ${host.name} full?`);
    await host.run(sh`mv -f ${part} ${snapshot}`, { sudo: true, signal });
  });
  return { sum, bytes };
}
