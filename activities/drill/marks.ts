import { changeMark } from '../../cluster/workflow-ids.ts';
import type { Host } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';
import { bastionPaths } from '../bastion-paths.ts';

/** Folder of one drill on the bastion: marks while it runs, then its report. */
export function drillFolder(cluster: string, change: string): string {
  return `${bastionPaths(cluster).root}/drills/${changeMark(change)}`;
}

/**
 * Writes down on the bastion, by the clock that the prober has, that something is about to happen: once, so that an
 * attempt after a lost connection does not move it. ms since 1970.
 */
export async function mark(
  bastion: Host,
  folder: string,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  const file = `${folder}/mark-${name}`;
  const command = sh`set -e; umask 077; mkdir -p ${folder}; ( set -C; date +%s%3N > ${file} ) 2>/dev/null || :; cat ${file}`;
  return Number((await bastion.run(command, { sudo: true, signal })).stdout.trim());
}

/** All marks whose name begins so: the earliest; undefined where there is none. */
export async function earliestMark(
  bastion: Host,
  folder: string,
  name: 'fault' | 'back',
  signal: AbortSignal,
): Promise<number | undefined> {
  const { stdout } = await bastion.run(sh`cat ${folder}/mark-${name}-* 2>/dev/null || :`, {
    sudo: true,
    signal,
  });
  const times = stdout
    .split('\n')
    .map(Number)
    .filter((time) => time > 0);
  return times.length === 0 ? undefined : Math.min(...times);
}
