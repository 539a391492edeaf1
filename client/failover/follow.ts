import { setTimeout as pause } from 'node:timers/promises';
import { changeId } from '../../workflows/contract.ts';
import type { Temporal } from '../connect.ts';
import { ExitError, exitCode } from '../exit.ts';
import { firstLine, looksThatMayFail, onInterrupt, passing } from '../follow/patience.ts';
import { FailoverLines } from './lines.ts';
import { endedText, failoverRun, failoverStatus } from './run.ts';

/** A line for each change of what failover says, until Ctrl-C (exit code 130): it watches as long as the cluster lives. */
export async function followFailover(temporal: Temporal, cluster: string): Promise<never> {
  const plain = new FailoverLines();
  const stop = onInterrupt(() => `Failover goes on. holdfast watch ${cluster} shows it again.`);
  try {
    for (let failures = 0, promoting = false; ; await pause(1000)) {
      try {
        const run = await failoverRun(temporal, cluster);
        if (!run?.open)
          throw new ExitError(exitCode.failed, `${cluster}: ${run ? endedText(run) : 'failover is gone'}`);
        const status = await failoverStatus(temporal, run);
        failures = 0;
        for (const line of plain.lines(status)) console.log(line);
        if (status.state === 'promoting' && !promoting)
          console.log(
            `  its steps: ${temporal.link(changeId(cluster))}, or holdfast watch ${cluster} in another terminal`,
          );
        promoting = status.state === 'promoting';
      } catch (error) {
        failures += 1;
        if (!passing(error) || failures > looksThatMayFail) throw error;
        if (failures === 1) console.error(`no answer, trying again: ${firstLine(error)}`);
      }
    }
  } finally {
    stop();
  }
}
