import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { DrillState, DrillStatus } from '../../cluster/drill/status.ts';
import * as contract from '../../workflows/contract.ts';
import type { Temporal } from '../connect.ts';
import { isOpen } from './open.ts';
import { looksThatMayFail, passing } from '../follow/patience.ts';

const words: Readonly<Record<DrillState, string>> = {
  checking: 'is the cluster well, and whom is it about?',
  probing: 'the prober runs, nothing is broken yet',
  arming: 'each host sets the timer that puts it back',
  broken: 'broken',
  'putting-back': 'being put back',
  back: 'put back; the prober still looks',
  reporting: 'the report is being written',
  done: 'done',
  failed: 'failed',
};

/** Says each state that it comes to, until it ends. */
export async function follow(temporal: Temporal, cluster: string, run: string): Promise<DrillStatus> {
  const handle = temporal.client.workflow.getHandle(contract.drillId(cluster), run);
  let said = '';
  for (let failures = 0; ; await pause(1000)) {
    try {
      if (!(await isOpen(handle))) break;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!passing(error) || failures > looksThatMayFail) throw error;
    }
    const now = await handle.query(contract.drillStatusQuery).catch(() => undefined);
    if (now && now.state !== said) console.error(`  ${lineOf(now)}`);
    said = now?.state ?? said;
  }
  return ended(() => handle.result() as Promise<DrillStatus>);
}

function lineOf({ state, what, until }: DrillStatus): string {
  return state === 'broken'
    ? `${what}; back by itself at ${until?.slice(11, 19) ?? '?'} UTC at the latest`
    : words[state];
}

async function ended(result: () => Promise<DrillStatus>): Promise<DrillStatus> {
  try {
    return await result();
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    if (details) return details as DrillStatus;
    throw error;
  }
}
