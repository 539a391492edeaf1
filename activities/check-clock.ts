import { sh } from '../hosts/shell.ts';
import { readClock } from './host-facts.ts';
import { type StepBody, problem, step } from './step.ts';

/** Milliseconds; etcd warns from one second between two hosts on. */
const allowed = 500;

/** Synchronised as the kernel knows it, or at least no further from our own clock than half of what etcd bears. */
const body: StepBody<'check-clock'> = async (_, { host, signal }) => {
  const { stdout } = await host.run(
    sh`timedatectl show -p NTPSynchronized --value 2>/dev/null || echo unknown`,
    { signal },
  );
  const { clockOffsetMs, clockErrorMs } = await readClock(host, signal);
  const apart = `${clockOffsetMs} ms from the worker's clock (± ${clockErrorMs} ms)`;
  if (stdout.trim() === 'yes') return { changed: false, summary: `synchronised, ${apart}` };
  if (Math.abs(clockOffsetMs) - clockErrorMs <= allowed)
    return { changed: false, summary: `not synchronised by NTP, but ${apart}` };
  throw problem(
    host.name,
    `its clock is not synchronised, and ${apart}`,
    `On ${host.name}: timedatectl set-ntp true (or install chrony); then: holdfast retry --step check-clock --host ${host.name}`,
  );
};

export const checkClock = step('check-clock', body);
