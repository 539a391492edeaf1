import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';
import { type Scripts, scriptsOf } from './drill/breakages.ts';
import { drillFolder, earliestMark, mark } from './drill/marks.ts';
import { restoreUnit } from './drill/restore-unit.ts';
import { secondsLeft } from './own-timer.ts';

type Call = StepCall<'break-host'>;

/** Breaks the host for real, but only one whose timer still runs for long enough. */
const body: StepBody<'break-host'> = async (call, tools) => {
  const { host, signal } = tools;
  const scripts = await scriptsOf(host, call.breakage, signal);
  // An attempt before this one, whose answer was lost.
  if (await isBroken(call, scripts, tools)) return { changed: false, summary: 'broken' };
  const left = await secondsLeft(host, restoreUnit(call.cluster, call.change), signal);
  if (left < call.seconds - 10)
    throw problem(
      host.name,
      `the timer that would put it back runs for ${left} s more, and ${call.seconds} s are needed: nothing was broken`,
      'Start the drill again.',
    );
  const name = `fault-${host.name}` as const;
  const at = await mark(tools.other(call.bastion), drillFolder(call.cluster, call.change), name, signal);
  await host.run(isFarewell(call) ? later(call, scripts) : scripts.break, { sudo: true, signal });
  for (let look = 0; look < 5; look += 1)
    if (await isBroken(call, scripts, tools))
      return { changed: true, summary: `broken at ${new Date(at).toISOString()}` };
  throw notYet(host.name, `it is not broken (${call.breakage.kind})`, 'The drill goes on without it.');
};

export const breakHost = step('break-host', body);

/** Nobody can ask the host any more: what it has become is seen from the bastion. */
const isFarewell = ({ breakage }: Call): boolean => breakage.kind === 'silence' && !breakage.door;

/** The answer leaves the host before it falls silent. */
function later({ cluster, change }: Call, scripts: Scripts) {
  const unit = `${restoreUnit(cluster, change)}-break`;
  return sh`systemd-run --quiet --collect --unit=${unit} /bin/sh -c ${`sleep 0.2; ${scripts.break.text}`}`;
}

async function isBroken(call: Call, scripts: Scripts, { host, other, signal }: StepTools): Promise<boolean> {
  if (!isFarewell(call))
    return (await host.run(scripts.isBroken, { sudo: true, signal, ok: 'any' })).code === 0;
  const bastion = other(call.bastion);
  const marked = await earliestMark(bastion, drillFolder(call.cluster, call.change), 'fault', signal);
  return marked !== undefined && !(await answers(bastion, call, signal));
}

/** Whether anything takes a connection at the host's SSH port. */
async function answers(bastion: Host, { target }: Call, signal: AbortSignal): Promise<boolean> {
  const dial = 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)';
  const { code } = await bastion.run(sh`python3 -c ${dial} ${target.address} ${target.port}`, {
    signal,
    // Python's own code where nobody answers: any other tells nothing of the host.
    ok: [0, 1],
  });
  return code === 0;
}
