import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
} from '@temporalio/workflow';
import { type FailoverRun, carriedOf } from './failover/carried.ts';
import { Keeper } from './failover/keeper.ts';
import { keepNotifying } from './failover/notices.ts';
import { FailoverRecord } from './failover/record.ts';
import { keepShowing, show } from './failover/show.ts';
import { handleFailoverSignals } from './failover/signals.ts';
import { together } from './together.ts';

/**
 * Watches a cluster for as long as it lives, heals it, promotes a worker node when its masters are lost, and is its
 * record: the spec that was applied last, and what has happened since.
 */
export async function failover(run: FailoverRun): Promise<never> {
  const record = new FailoverRecord(run, Date.now());
  const keeper = new Keeper(record);
  handleFailoverSignals({
    record,
    lookNow: () => keeper.lookNow(),
    retryChild: (selector) => keeper.retryChild(selector),
    changeEnded: (ended) => keeper.changeEnded(ended),
  });
  const beside = new CancellationScope();
  const others = beside
    .run(() => together([keepShowing(record), keepNotifying(record)]))
    .catch((failure: unknown) => {
      if (!isCancellation(failure)) throw failure;
    });
  try {
    await keeper.keep();
  } finally {
    beside.cancel();
    await CancellationScope.nonCancellable(() => others);
  }
  await condition(allHandlersFinished);
  show(record);
  return continueAsNew<typeof failover>({ spec: record.spec, learned: carriedOf(record) });
}
