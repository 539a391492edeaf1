/** At most `max` bodies run at once; the rest wait in order. */
export function limiter(max: number) {
  let running = 0;
  const waiting: (() => void)[] = [];

  const acquire = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (running < max) {
        running++;
        return resolve();
      }
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(abortReason(signal));
      };
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(enter);
    });

  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };

  return async <T>(body: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (signal?.aborted) throw abortReason(signal);
    await acquire(signal);
    try {
      return await body();
    } finally {
      release();
    }
  };
}

/** Gives up waiting for a shared promise when the caller's own signal fires; the promise itself goes on for others. */
export async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) throw abortReason(signal);
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(abortReason(signal));
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** What the one who aborted gave as the reason: Temporal's CancelledFailure must reach the frame of the activity. */
export function abortReason(signal?: AbortSignal): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('cancelled');
}
