import { ApplicationFailure } from '@temporalio/activity';
import type { Observation } from '../cluster/failover/picture.ts';
import type { WatchCall } from '../cluster/failover/watch-input.ts';
import type { Deps } from './step.ts';

/**
 * Looks at the cluster from all vantage points about once a second, and returns when the picture is another than
 * `known`, or at the deadline. Beats once a second: heartbeatTimeout 5 s.
 */
export const watch =
  (_deps: Deps) =>
  (_call: WatchCall): Promise<Observation> =>
    Promise.reject(ApplicationFailure.nonRetryable('not built yet', 'BadInput'));
