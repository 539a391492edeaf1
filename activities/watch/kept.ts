import type { WatchCall, WatchInput } from '../../cluster/failover/watch-input.ts';
import type { Session } from './session.ts';
import { canonical } from './steady.ts';

/** How long the loops of a watch that returned go on, for the next watch to find them. */
const lingerMs = 10_000;

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
    take(input: WatchInput, known: WatchCall['known']) {
      const key = canonical(input);
      const one = sessions.get(key) ?? { session: open(input, known), users: 0 };
      sessions.set(key, one);
      clearTimeout(one.linger);
      one.users++;

      const close = () => {
        if (sessions.get(key) === one) sessions.delete(key);
        return one.session.close();
      };
      return {
        session: one.session,
        /** `now`: nobody will come again. */
        release: async (now: boolean) => {
          if (--one.users > 0) return;
          if (now) return close();
          one.linger = setTimeout(() => void close(), lingerMs);
          one.linger.unref();
        },
      };
    },
  };
}
