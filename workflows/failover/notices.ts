import { condition, isCancellation } from '@temporalio/workflow';
import { notify } from './activities.ts';
import type { FailoverRecord } from './record.ts';

/** Tells people of each change of state, in order. Ends by cancellation; what is not told yet stays in the record. */
export async function keepNotifying({ notices }: FailoverRecord): Promise<never> {
  for (;;) {
    await condition(() => notices.length > 0);
    const [first] = notices;
    if (!first) continue;
    try {
      await notify.executeWithOptions({ summary: `tell: ${first.what}`.slice(0, 200) }, [first]);
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      // Retried for as long as it is worth; the worker's log says why it failed.
    }
    const told = notices.indexOf(first);
    if (told >= 0) notices.splice(told, 1);
  }
}
