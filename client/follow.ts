import { setTimeout as pause } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import logUpdate from 'log-update';
import { colors } from './colors.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { describeRun, linkOf, statusOf } from './change.ts';
import type { ChangeRun } from './change.ts';
import type { Temporal } from './connect.ts';
import { ExitError, exitCode } from './exit.ts';
import { PlainLines } from './follow/plain.ts';
import { duration, screen } from './follow/screen.ts';

/** Looks that may fail one after another before following ends: the workflow goes on without it. */
const patience = 120;

/**
 * Shows a change until it ends: a picture on a terminal, lines elsewhere. Returns the exit code: done, failed,
 * or, off a terminal, that all that remains waits for a person. Ctrl-C ends the view alone.
 */
export async function follow(temporal: Temporal, run: ChangeRun): Promise<number> {
  const view = process.stdout.isTTY ? terminalView(temporal, run) : plainView();
  const stop = onInterrupt(temporal, run, view);
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
      if (!passing(error) || failures > patience) throw error;
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
    console.log(`${run.cluster}: the change made room for an intervention; start it again with holdfast up`);
    return exitCode.waits;
  }
  if (status.state === 'done') {
    console.log(`${colors.green('done')}: ${run.cluster} after ${took}. ${status.promotion}`);
    return exitCode.done;
  }
  console.error(
    `${colors.red('failed')}: ${run.cluster} ended after ${took} (${run.temporalState.toLowerCase()}): ${status.endedBecause ?? ''}\n${linkOf(temporal, run)}`,
  );
  return exitCode.failed;
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

function onInterrupt(temporal: Temporal, run: ChangeRun, view: View): () => void {
  const leave = (): never => {
    view.close();
    console.error(
      `\nThe change goes on. holdfast watch ${run.cluster} shows it again; in a browser: ${linkOf(temporal, run)}`,
    );
    process.exit(exitCode.interrupted);
  };
  process.on('SIGINT', leave);
  process.on('SIGTERM', leave);
  return () => {
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  };
}

function passing(error: unknown): boolean {
  if (error instanceof ExitError) return error.code === exitCode.unreachable;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return isGrpcServiceError(cause) || isGrpcServiceError(error);
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
