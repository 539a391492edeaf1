import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { hostFolder, hostNamed } from './lab-file.ts';
import type { Lab, LabHost } from './lab-file.ts';
import { pidOf, switchOn, waitForHost } from './machine.ts';
import { signal, until } from './process.ts';

export type PowerAction = 'off' | 'on' | 'reboot' | 'freeze' | 'thaw';
export type PowerState = 'on' | 'off' | 'frozen';

/**
 * Acts on a host as a hand at its plug would: `off` is a power cut (peers see silence), `reboot` a power cut and power
 * again, `freeze` stops every process in it. `on` and `reboot` return when sshd answers. Done already: nothing happens.
 */
export async function power(lab: Lab, name: string, action: PowerAction): Promise<{ changed: boolean }> {
  const host = hostNamed(lab, name);
  const state = await powerState(lab, host);
  switch (action) {
    case 'off':
      return state === 'off' ? { changed: false } : cut(lab, host);
    case 'on':
      if (state === 'frozen') throw new Error(`${name} is frozen: thaw it`);
      if (state === 'off') await switchOn(lab, host);
      await waitForHost(lab, host);
      return { changed: state === 'off' };
    case 'reboot':
      if (state !== 'off') await cut(lab, host);
      await switchOn(lab, host);
      await waitForHost(lab, host);
      return { changed: true };
    case 'freeze':
    case 'thaw': {
      const wanted = action === 'freeze' ? 'frozen' : 'on';
      if (state === 'off') throw new Error(`${name} is off: it cannot ${action}`);
      if (state === wanted) return { changed: false };
      await setFrozen(lab, host, action === 'freeze');
      return { changed: true };
    }
  }
}

export async function powerState(lab: Lab, host: LabHost): Promise<PowerState> {
  if ((await pidOf(lab, host, 'supervisor')) === undefined) return 'off';
  const freezer = await findFreezer(lab, host);
  if (freezer === undefined) return 'on';
  const text = await readFile(freezer.file, 'utf8').catch(() => '');
  return text.trim() === freezer.frozen || text.trim() === 'FREEZING' ? 'frozen' : 'on';
}

/** Cable first, so that nothing says goodbye to the peers; then every process at once. */
async function cut(lab: Lab, host: LabHost): Promise<{ changed: boolean }> {
  await execa('ip', ['link', 'set', host.link, 'down'], { reject: false });
  if ((await powerState(lab, host)) === 'frozen') await setFrozen(lab, host, false);
  const nspawn = await pidOf(lab, host, 'nspawn');
  for (const pid of nspawn === undefined ? [] : await children(nspawn)) signal(pid, 'SIGKILL');
  const gone = async () => (await pidOf(lab, host, 'supervisor')) === undefined;
  if (await until(gone, 15_000)) return { changed: true };
  // It had not come so far as to have a leader, or hangs: end the supply itself, which cleans up.
  if (nspawn !== undefined) signal(nspawn, 'SIGKILL');
  const supervisor = await pidOf(lab, host, 'supervisor');
  if (supervisor !== undefined) signal(supervisor, 'SIGTERM');
  if (!(await until(gone, 15_000)))
    throw new Error(`${host.name}: process ${supervisor ?? '?'} does not end`);
  return { changed: true };
}

async function setFrozen(lab: Lab, host: LabHost, frozen: boolean): Promise<void> {
  const freezer = await findFreezer(lab, host);
  if (freezer === undefined) throw new Error(`${host.name}: has no freezer cgroup`);
  await writeFile(freezer.control, frozen ? freezer.freeze : freezer.thaw);
  const state = async () =>
    (await readFile(freezer.file, 'utf8')).trim() === (frozen ? freezer.frozen : freezer.thawed);
  if (!(await until(state, 10_000)))
    throw new Error(`${host.name}: ${frozen ? 'did not freeze' : 'did not thaw'}`);
}

/** The freezer of cgroup version 1, or that of version 2. */
async function findFreezer(lab: Lab, host: LabHost) {
  const list = await readFile(join(hostFolder(lab, host), 'run/cgroups'), 'utf8').catch(() => '');
  const groups = list.split('\n').filter((line) => line !== '');
  const v1 = groups.find((group) => group.startsWith('/sys/fs/cgroup/freezer/'));
  if (v1 !== undefined) {
    const file = join(v1, 'freezer.state');
    return { file, control: file, freeze: 'FROZEN', thaw: 'THAWED', frozen: 'FROZEN', thawed: 'THAWED' };
  }
  const v2 = groups[0];
  if (v2 === undefined) return undefined;
  const state = { freeze: '1', thaw: '0', frozen: 'frozen 1', thawed: 'frozen 0' };
  return {
    file: join(v2, 'cgroup.freeze'),
    control: join(v2, 'cgroup.freeze'),
    ...state,
    frozen: '1',
    thawed: '0',
  };
}

async function children(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}
