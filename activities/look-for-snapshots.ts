import {
  type RestoreApiServer,
  type RestoreLook,
  type RestoreSource,
  inOrder,
} from '../cluster/restore/offer.ts';
import { etcdProxyConfigPath } from '../cluster/render/etcd-proxy.ts';
import type { StepResult } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type BackupFile, type BackupList, backupsIn, highestRevision, revisionOf } from './backup-list.ts';
import { backupKeys, openBackup } from './open-backup.ts';
import { again } from './restore/again.ts';
import { lookAtMember } from './restore/look-at-member.ts';
import { whyNoSnapshot } from './snapshot-hash.ts';
import { type StepBody, step } from './step.ts';

export type FoundSnapshots = StepResult & { readonly look: RestoreLook };

/** Backups that are shown; the newest of them are opened until one is found whole. */
const shown = 5;

/** Everything that etcd could be restored from, with revision and age, and who could take part. Changes nothing. */
const body: StepBody<'look-for-snapshots', FoundSnapshots> = async (call, tools) => {
  const { other, signal, deps } = tools;
  const at = Date.now();
  const places = call.places.map(other);
  const [members, apiServers, { backups, missed }] = await Promise.all([
    Promise.all(call.etcd.map((name) => lookAtMember(other(name), at, signal))),
    Promise.all(call.apiServers.map((name) => lookAtApiServer(other(name), signal))),
    backupsOf(places, call.cluster, signal),
  ]);
  const snapshots = backups.filter(({ kind }) => kind === 'etcd').slice(0, shown);
  const keys = await backupKeys(deps).catch(whyNot);
  const opened: RestoreSource[] = [];
  for (const backup of snapshots) {
    const known = opened.some(({ problem }) => problem === undefined);
    const wrong = Array.isArray(keys)
      ? known
        ? undefined
        : await whyUnreadable(backup, call.cluster, keys as readonly string[], signal)
      : `cannot be opened here: ${String(keys)}`;
    opened.push(asSource(backup, wrong));
  }
  const serving = Math.max(...members.map((member) => member.serving ?? -1));
  const look: RestoreLook = {
    at,
    sources: inOrder([...opened, ...members.flatMap(({ sources }) => sources)]),
    members: members.map(({ member }) => member),
    apiServers,
    highest: highestRevision({ backups }),
    ...(serving >= 0 && { serving }),
  };
  const unseen = missed.map(({ place, why }) => `${place} (${why.slice(0, 200)})`).join(', ');
  const problem = `backups are not seen on ${unseen}`;
  return { changed: false, summary: told(look), look, ...(missed.length > 0 && { problem }) };
};

export const lookForSnapshots = step<'look-for-snapshots', FoundSnapshots>('look-for-snapshots', body);

/** Where no place answers, there is still what the members hold. */
async function backupsOf(
  places: readonly Host[],
  cluster: string,
  signal: AbortSignal,
): Promise<Pick<BackupList, 'backups' | 'missed'>> {
  try {
    return await backupsIn(places, cluster, signal);
  } catch (error) {
    const why = whyNot(error);
    return { backups: [], missed: places.map(({ name }) => ({ place: name, why })) };
  }
}

function told({ sources, members }: RestoreLook): string {
  const usable = sources.filter(({ problem }) => problem === undefined);
  const fit = members.filter(({ problem }) => problem === undefined);
  return `${usable.length} to restore from, ${fit.length} of ${members.length} etcd hosts can take it`;
}

function asSource(backup: BackupFile, problem: string | undefined): RestoreSource {
  const { name, copies, made } = backup;
  const revision = revisionOf(backup);
  return {
    name,
    kind: 'backup',
    hosts: copies.map(({ place }) => place.name),
    at: made,
    ...(revision !== undefined && { revision }),
    ...(problem !== undefined && { problem }),
  };
}

/** From every place that holds it. */
async function whyUnreadable(
  backup: BackupFile,
  cluster: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const why: string[] = [];
  for (const { place } of backup.copies) {
    const wrong = await openBackup(place, cluster, backup, keys, signal).then(whyNoSnapshot).catch(whyNot);
    if (wrong === undefined) return undefined;
    why.push(`${place.name}: ${wrong}`);
  }
  return why.join('; ').slice(0, 500);
}

async function lookAtApiServer(host: Host, signal: AbortSignal): Promise<RestoreApiServer> {
  try {
    const { stdout } = await again(() =>
      host.run(sh`[ ! -e ${etcdProxyConfigPath} ] || echo proxy`, { sudo: true, signal }),
    );
    return { host: host.name, proxy: stdout.includes('proxy') };
  } catch (error) {
    return { host: host.name, proxy: false, problem: whyNot(error).slice(0, 300) };
  }
}

/** What a host or a file of the worker's said against it, in words. */
function whyNot(error: unknown): string {
  if (error instanceof HostError) return error.message;
  throw error;
}
