import type { WatchCall, WatchInput } from '../../cluster/failover/watch-input.ts';
import type { Session } from './session.ts';
import { canonical } from './steady.ts';

/** How long loops go on after a watch that returned, for the next one to find them. */
export const lingerMs = 10_000;
/** After one that was cancelled: mostly a person's word cuts it short, and the next follows at once. */
export const lingerCancelledMs = 3_000;

interface Kept {
  readonly session: Session;
  users: number;
  linger?: NodeJS.Timeout;
}

/**
 * Sessions that outlive one call: a watch follows the one before within moments, and new loops would each time cost the
 * hosts a Python and the picture a second look.
 */
export function kept(open: (input: WatchInput, known: WatchCall['known']) => Session) {
  const sessions = new Map<string, Kept>();

  return {
    take: (input: WatchInput, known: WatchCall['known']) => {
      const key = canonical(input);
      const one = sessions.get(key) ?? { session: open(input, known), users: 0 };
      sessions.set(key, one);
      clearTimeout(one.linger);
      one.users++;

      const close = () => {
        if (sessions.get(key) === one) sessions.delete(key);
        one.session.close();
      };
      return {
        session: one.session,
        release: (cancelled: boolean) => {
          if (--one.users > 0) return;
          one.linger = setTimeout(close, cancelled ? lingerCancelledMs : lingerMs);
          one.linger.unref();
        },
      };
    },
  };
}
