import type { Wait } from '../../cluster/failover/decision.ts';

/** Whoever paused it may have forgotten: nothing is done, and somebody must know. */
export function pausedFor(cluster: string, reason: string, lost: string): Wait {
  return {
    do: 'wait',
    reason: 'paused',
    why: `a worker node would be promoted, and failover is paused (${reason}): ${lost}`,
    help: [`holdfast resume ${cluster}`],
  };
}

/** No other is tried without a person's word. */
export function promotionFailed(cluster: string, why: string): Wait {
  const help = [`holdfast status ${cluster}`, `holdfast retry ${cluster}`];
  return { do: 'wait', reason: 'promotion-failed', why, help };
}
