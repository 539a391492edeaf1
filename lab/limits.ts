import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stateRoot } from './paths.ts';

/** Limits of the machine that twelve hosts share, and the least that they need. */
const wanted: Readonly<Record<string, number>> = {
  'fs/inotify/max_user_instances': 65536,
  'fs/inotify/max_user_watches': 1048576,
  'kernel/keys/maxkeys': 20000,
  'kernel/keys/maxbytes': 2000000,
  'kernel/pid_max': 4194304,
  'net/netfilter/nf_conntrack_max': 262144,
};

/** Not in a namespace either, and set by kubelets in the hosts: put back with the rest. */
const remembered = [
  'vm/overcommit_memory',
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/swappiness',
  'vm/max_map_count',
];

const file = () => join(stateRoot(), 'limits-before.json');

/** Raises what is too low; what it was stays in the state folder until `restoreLimits`. */
export async function raiseLimits(): Promise<void> {
  const before: Record<string, string> = {};
  for (const name of [...Object.keys(wanted), ...remembered]) {
    const value = await read(name);
    if (value !== undefined) before[name] = value;
  }
  await mkdir(dirname(file()), { recursive: true });
  // The first lab of several found the true values.
  await writeFile(file(), JSON.stringify(before), { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  for (const [name, least] of Object.entries(wanted))
    if (Number(before[name]) < least) await writeFile(`/proc/sys/${name}`, String(least));
}

/** For the last lab that goes. */
export async function restoreLimits(): Promise<void> {
  const text = await readFile(file(), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, string>))
    if ((await read(name)) !== value) await writeFile(`/proc/sys/${name}`, value);
  await rm(file());
}

async function read(name: string): Promise<string | undefined> {
  return readFile(`/proc/sys/${name}`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}
