import { sh } from '../hosts/shell.ts';

/**
 * A worker that dies leaves its command running, and the next attempt begins the same one: what changes a candidate
 * waits here for the other to end. Held until the shell ends.
 */
export const candidateLock = sh`exec 9>> /run/holdfast-promotion.lock; flock -w 50 9 || { echo 'an earlier attempt still works here' >&2; exit 75; }`;
