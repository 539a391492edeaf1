import { setTimeout as pause } from 'node:timers/promises';
import logUpdate from 'log-update';
import { colors } from './colors.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { describeRun, linkOf, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import type { Temporal } from './connect.ts';
import { exitCode } from './exit.ts';
import { firstLine, looksThatMayFail, onInterrupt, passing } from './follow/patience.ts';
import { PlainLines } from './follow/plain.ts';
import { duration, screen, titleOf } from './follow/screen.ts';

/**
 * Shows a change until it ends: a picture on a terminal, lines elsewhere. Returns the exit code: done, failed,
 * or, off a terminal, that all that remains waits for a person. Ctrl-C ends the view alone.
 */
export async function follow(temporal: Temporal, run: ChangeRun): Promise<number> {
  const view = process.stdout.isTTY ? terminalView(temporal, run) : plainView();
  const stop = onInterrupt(() => {
    view.close();
    return `The change goes on. holdfast watch ${run.cluster} shows it again; in a browser: ${linkOf(temporal, run)}`;
  });
  try {
    return await lookUntilOver(temporal, run, view);
  } finally {
    stop();
  }
}

async function lookUntilOver(temporal: Temporal, run: ChangeRun, view: View): Promise<number> {
  let idleLooks = 0;
  for (let failures = 0; ;) {
    const began = Date.now();
    try {
      const now = await describeRun(temporal, run);
      const status = await statusOf(temporal, now);
      failures = 0;
      view.show(status, now);
      if (!now.open) return ended(temporal, now, status, view);
      // Twice, so that a host's report on its way to the change is not taken for silence.
      idleLooks = allWait(status, now) ? idleLooks + 1 : 0;
      if (idleLooks >= 2 && !process.stdout.isTTY) return waits(temporal, now, status, view);
    } catch (error) {
      failures += 1;
      if (!passing(error) || failures > looksThatMayFail) throw error;
      if (failures === 1) view.say(`no answer, trying again: ${firstLine(error)}`);
    }
    // A large cluster's status takes a while to make: never more than a quarter of the worker's time.
    await pause(Math.max(1000, (Date.now() - began) * 3));
  }
}

interface View {
  show(status: ChangeStatus, run: ChangeRun): void;
  say(line: string): void;
  close(): void;
}

function terminalView(temporal: Temporal, run: ChangeRun): View {
  return {
    show: (status, { pending, startTime }) =>
      logUpdate(
        screen({
          status,
          pending,
          link: linkOf(temporal, run),
          seconds: (Date.now() - startTime.getTime()) / 1000,
          rows: process.stdout.rows,
        }),
      ),
    say: (line) => console.error(line),
    close: () => logUpdate.done(),
  };
}

function plainView(): View {
  const plain = new PlainLines();
  return {
    show: (status, { pending, startTime }) => {
      const clock = duration((Date.now() - startTime.getTime()) / 1000).padStart(9);
      for (const line of plain.lines(status, pending)) console.log(`${clock}  ${line}`);
    },
    say: (line) => console.error(line),
    close: () => undefined,
  };
}

function ended(temporal: Temporal, run: ChangeRun, status: ChangeStatus, view: View): number {
  view.close();
  const took = duration((Date.now() - run.startTime.getTime()) / 1000);
  if (status.yielded) {
    console.error(yieldedText(run));
    return exitCode.waits;
  }
  if (status.state === 'done') {
    console.log(`${colors.green('done')}: ${titleOf(status)} after ${took}. ${status.promotion}`.trimEnd());
    return exitCode.done;
  }
  console.error(
    `${colors.red('failed')}: ${titleOf(status)} ended after ${took} (${run.temporalState.toLowerCase()}): ${status.endedBecause ?? ''}\n${linkOf(temporal, run)}`,
  );
  return exitCode.failed;
}

/** It waited for a person, and something more urgent needed the cluster's one change. */
export function yieldedText({ cluster, workflowType }: Pick<ChangeRun, 'cluster' | 'workflowType'>): string {
  const verb = { bringUp: 'up SPEC', demote: `demote ${cluster}`, restore: `restore ${cluster}` }[
    workflowType
  ];
  const next = verb
    ? `When that has ended, start this one again: holdfast ${verb}. It goes on where it was.`
    : 'Nothing is lost by it: failover looks again at what is needed.';
  return (
    `${cluster}: ${workflowType} waited for a person and made room for an intervention.\n` +
    `See the intervention: holdfast watch ${cluster}. ${next}`
  );
}

function waits(temporal: Temporal, run: ChangeRun, status: ChangeStatus, view: View): number {
  view.close();
  const hosts = [...new Set(status.waitingFor.map(({ host }) => host))].join(', ');
  console.error(
    `${run.cluster} waits for a person (${hosts}); the change goes on when it is told to: ${linkOf(temporal, run)}`,
  );
  return exitCode.waits;
}

/** Everything that is not finished waits for a person, or for what waits. */
export function allWait(
  { steps, waitingFor }: ChangeStatus,
  { pending }: Pick<ChangeRun, 'pending'>,
): boolean {
  return waitingFor.length > 0 && pending.length === 0 && steps.every(({ state }) => state !== 'running');
}
