import { condition, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { stateAttribute } from '../contract.ts';
import { details } from './details.ts';
import type { FailoverRecord } from './record.ts';
import { settle } from './state.ts';
import { statusOf } from './status.ts';

/** Keeps state, current details and the search attribute in step with the record. Ends by cancellation. */
export async function keepShowing(record: FailoverRecord): Promise<never> {
  for (;;) {
    show(record);
    const seen = record.version;
    await condition(() => record.version !== seen);
  }
}

export function show(record: FailoverRecord): void {
  const { shown } = record;
  settle(record);
  setCurrentDetails(details(statusOf(record)));
  record.shown = record.state;
  if (shown !== record.state) upsertSearchAttributes([{ key: stateAttribute, value: record.state }]);
}
