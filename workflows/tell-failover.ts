import { getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import { failoverId } from './contract.ts';

/** Absent before the first bring-up ends, and then nobody needs to hear it. Throws where it is cancelled, and only there. */
export async function tellFailover<Args extends [unknown]>(
  cluster: string,
  signal: SignalDefinition<Args>,
  ...args: Args
): Promise<void> {
  try {
    await getExternalWorkflowHandle(failoverId(cluster)).signal(signal, ...args);
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
  }
}
