import type { BackupCheck } from '../cluster/backup-status.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type BackupFile, backupsIn } from './backup-list.ts';
import { backupPlaces, firstOf, toldOf } from './backup-places.ts';
import { bastionPaths } from './bastion-paths.ts';
import { clusterCa } from './cluster-ca.ts';
import { backupKeys, openBackup } from './open-backup.ts';
import { whyNoPki } from './pki-archive.ts';
import { whyNoSnapshot } from './snapshot-hash.ts';
import { type StepBody, step } from './step.ts';

/** Opens the newest backup of each kind whole, as a restore would. What it finds wrong is its answer, not a failure. */
const body: StepBody<'check-backup', BackupCheck> = async (call, { host, other, signal, deps }) => {
  const places = backupPlaces(host, call.alsoTo, other);
  const { backups, live, missed } = await backupsIn(places, call.cluster, signal);
  const keys = await known(() => backupKeys(deps));
  const ca = () => known(() => clusterCa(host, call, other, signal));

  const opened = async (
    backup: BackupFile,
    check: (content: ReadableStream<Uint8Array>) => Promise<string | undefined>,
  ): Promise<string | undefined> => {
    if (!call.open) return undefined;
    if ('why' in keys) return `${backup.name} cannot be opened here: ${keys.why}`;
    const why = await fromACopy(backup, async (place) =>
      check(await openBackup(place, call.cluster, backup, keys.value, signal)),
    );
    return why && `${backup.name}: ${why}`;
  };
  const copies = (backup: BackupFile) => copiesWrong(backup, live, call.cluster, signal);

  const etcd = backups.find(({ kind }) => kind === 'etcd');
  const pki = backups.find(({ kind }) => kind === 'pki');
  const wrong = [
    ...(etcd
      ? [tooOld(etcd, call.everyHours), await opened(etcd, whyNoSnapshot), await copies(etcd)]
      : ['there is no backup of etcd']),
    ...(pki
      ? [await opened(pki, async (content) => whyNoPki(content, await ca())), await copies(pki)]
      : ['there is no backup of the PKI']),
    toldOf(false, '', missed).problem,
  ].filter((one) => one !== undefined);
  return answer(call.open, etcd, pki, wrong.join('; '));
};

export const checkBackup = step<'check-backup', BackupCheck>('check-backup', body);

function answer(
  open: boolean,
  etcd: BackupFile | undefined,
  pki: BackupFile | undefined,
  wrong: string,
): BackupCheck {
  const names = [etcd, pki].flatMap((backup) => backup?.name ?? []).join(' and ');
  return {
    changed: false,
    summary: wrong || `${names} ${open ? 'can be opened' : 'are young, and on every place'}`,
    ...(wrong && { problem: wrong.slice(0, 1000) }),
    ...(etcd && { newest: new Date(etcd.made).toISOString() }),
  };
}

type Known<T> = { readonly value: T } | { readonly why: string };

/** What was asked for, or in words why a host or a file of the worker's did not give it. */
async function known<T>(ask: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (error instanceof HostError) return { why: error.message };
    throw error;
  }
}

function tooOld({ name, made }: BackupFile, everyHours: number): string | undefined {
  const hours = (Date.now() - made) / 3_600_000;
  if (hours <= 2 * everyHours) return undefined;
  return `${name} is the newest and ${Math.floor(hours)} hours old; one is wanted every ${everyHours}`;
}

/** Of the first copy that can be read. */
async function fromACopy(
  { copies }: BackupFile,
  check: (place: Host) => Promise<string | undefined>,
): Promise<string | undefined> {
  const places = new Map(copies.map(({ place }) => [place.name, place]));
  const found = await known(() => firstOf([...places.keys()], (place) => places.get(place) as Host, check));
  return 'why' in found ? found.why : found.value;
}

/** Each place that answers holds it, and all hold the same. */
async function copiesWrong(
  { name, copies }: BackupFile,
  live: readonly Host[],
  cluster: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const lacking = live.filter((host) => copies.every(({ place }) => place.name !== host.name));
  if (lacking.length > 0) return `${name} is not on ${lacking.map((host) => host.name).join(', ')}`;
  const path = `${bastionPaths(cluster).backups}/${name}`;
  const sums = await Promise.all(
    copies.map(({ place }) =>
      known(() => place.run(sh`sha256sum < ${path}`, { sudo: true, signal, timeout: 300 })),
    ),
  );
  const unread = sums.flatMap((sum, i) => ('why' in sum ? [`${copies[i]?.place.name}: ${sum.why}`] : []));
  if (unread.length > 0) return `${name} cannot be read: ${unread.join(', ')}`;
  const contents = new Set(sums.map((sum) => 'value' in sum && sum.value.stdout));
  return contents.size > 1 ? `the copies of ${name} differ` : undefined;
}
