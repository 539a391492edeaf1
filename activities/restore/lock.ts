import { type ShellCommand, sh } from '../../hosts/shell.ts';

/**
 * A worker that dies leaves its command running, and the next attempt begins the same one: two at once would take each
 * other's half-made file for whole. Held until the shell ends.
 */
export const restoreLock: ShellCommand = sh`exec 9>> /run/holdfast-restore.lock; flock -w 50 9 || { echo 'an earlier attempt still works here' >&2; exit 75; }`;
