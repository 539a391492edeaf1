import { changeMark } from '../cluster/workflow-ids.ts';
import { sh } from '../hosts/shell.ts';
import { jobsOf } from './jobs-of.ts';
import { type StepBody, problem, step } from './step.ts';

/** Opens the connection, tries sudo, and looks for jobs of an earlier change: a terminated change frees its id, not the hosts. */
const body: StepBody<'connect'> = async (call, { host, signal }) => {
  const { stdout } = await host.run(
    sh`if command -v systemctl > /dev/null; then
  systemctl list-units --plain --no-legend --all --state=active,activating,deactivating ${`holdfast-${call.cluster}-*`}
fi`,
    { sudo: true, signal },
  );
  const running = jobsOf(call.cluster, stdout).filter(({ change }) => change !== changeMark(call.change));
  if (running.length > 0) {
    const units = running.map(({ unit }) => unit).join(', ');
    throw problem(
      host.name,
      `a job of an earlier change still runs: ${units}`,
      `Wait for its end, or end it: systemctl stop ${running.map(({ unit }) => unit).join(' ')}; then: holdfast retry --host ${host.name}`,
    );
  }
  return { changed: false, summary: `${call.target.user}@${call.target.address}, sudo works` };
};

export const connect = step('connect', body);
