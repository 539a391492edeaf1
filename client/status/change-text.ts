import type { ChangeStatus } from '../../cluster/status.ts';
import type { ChangeRun } from '../change.ts';
import { yieldedText } from '../follow.ts';
import { titleOf } from '../follow/screen.ts';
import { waitingText } from '../follow/waiting-text.ts';

type Run = Pick<ChangeRun, 'cluster' | 'workflowType' | 'temporalState' | 'startTime'>;

/** Where a change stands, for a person. */
export function changeText(status: ChangeStatus, run: Run, link: string): string {
  const { state, phases, steps, progress, refused, promotion } = status;
  const running = steps.filter((step) => step.state === 'running');
  return [
    `${titleOf(status)}: ${state} (${run.temporalState.toLowerCase()}, since ${run.startTime.toISOString()})`,
    link,
    ...(status.yielded ? [yieldedText(run)] : []),
    ...(status.endedBecause ? [`  ended before its last step: ${status.endedBecause}`] : []),
    ...phases.map(({ id, state: at, done, total }) => `  ${id.padEnd(16)} ${at.padEnd(8)} ${done}/${total}`),
    ...running.slice(0, 20).map(({ host, step }) => `  now: ${host} ${step}`),
    ...(progress ? [`  playbook: ${progress.done} of ${progress.total} tasks: ${progress.task}`] : []),
    ...steps
      .filter((step) => step.state === 'skipped')
      .map(({ host, step, reason }) => `  skipped: ${host} ${step}: ${reason}`),
    ...status.waitingFor.flatMap((waiting) => waitingText(waiting)),
    ...refused.map(({ signal, why }) => `  refused: ${signal}: ${why}`),
    ...(promotion ? [promotion] : []),
  ].join('\n');
}

export function inOneLine({ state, workflowType }: ChangeStatus, { startTime }: Run, link: string): string {
  return `newest change: ${workflowType}, ${state}, begun ${startTime.toISOString().slice(0, 19).replace('T', ' ')} UTC: ${link}`;
}
