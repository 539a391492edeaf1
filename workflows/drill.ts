import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { DrillStatus } from '../cluster/drill/status.ts';
import { drillSteps } from '../cluster/drill/steps.ts';
import { drillTimes } from '../cluster/drill/stories.ts';
import type { Step } from '../cluster/plan-types.ts';
import { contextFrom } from './context.ts';
import { failoverId, leaveAloneSignal } from './contract.ts';
import type { DrillInput } from './contract.ts';
import { DrillRecord } from './drill/record.ts';
import { execute } from './run-steps.ts';
import { together } from './together.ts';

/**
 * Breaks one thing for real while a prober looks, and puts it back, whatever happens meanwhile. It takes no lock: that
 * would forbid the promotion which it tests. Nothing of it waits for a person.
 */
export async function drill({ spec, story, times: wanted }: DrillInput): Promise<DrillStatus> {
  const record = new DrillRecord(spec.name, story);
  const times = wanted ?? drillTimes(story);
  const steps = drillSteps(spec, story, times);
  const targets = Object.fromEntries(spec.hosts.map(({ name, ssh }) => [name, ssh]));
  const contextOf = contextFrom({ cluster: spec.name, targets }, workflowInfo().firstExecutionRunId);
  const answerTo = <T>(step: Step) => execute(step, { ...contextOf(step), job: 1 }) as Promise<T>;
  const run = async <T>(step: Step) =>
    answerTo<T>(step).catch((failure: unknown) => record.failed(step.host, failure));
  const runAll = (list: readonly Step[]) => together(list.map((step) => run(step)));
  const look = () => run<{ readonly hosts: readonly string[] }>(steps.check);

  const checked = await look();
  if (!checked) return record.end();
  const { hosts } = checked;
  record.about(hosts);

  let ended: { readonly by: unknown } | undefined;
  let isTold = false;
  let armedUntil = 0;
  let broke = false;
  try {
    await breakThem();
  } catch (failure) {
    ended = { by: failure };
    record.problem(isCancellation(failure) ? 'it was cancelled' : String(failure));
  }
  await CancellationScope.nonCancellable(putThemBack);
  if (ended !== undefined) throw ended.by;
  return record.end();

  async function breakThem(): Promise<void> {
    record.enter('probing');
    await run(steps.probe);
    await record.wait(times.before);
    if (record.isWell) await lookAgain();
    if (!record.isWell) return;
    record.enter('arming');
    await runAll(steps.arm(hosts));
    // A host without a timer of its own is not broken, and then none is: half a story tells nothing.
    if (!record.isWell) return;
    armedUntil = Date.now() + times.timer * 1000;
    record.armed(armedUntil);
    if (story !== 'all-masters') await leaveAlone(armedUntil + times.after * 1000);
    if (!record.isWell) return;
    record.enter('broken');
    broke = true;
    await runAll(steps.break(hosts));
    if (record.isWell) await record.wait(times.broken);
  }

  /** Nothing is broken by what was seen a minute ago. */
  async function lookAgain(): Promise<void> {
    const again = await look();
    if (again && again.hosts.join() !== hosts.join())
      record.problem(`it would be about ${again.hosts.join(', ')} now: nothing was broken`);
  }

  /** Healing would put back what is broken on purpose. */
  async function leaveAlone(until: number): Promise<void> {
    try {
      await getExternalWorkflowHandle(failoverId(spec.name)).signal(leaveAloneSignal, { hosts, until });
      isTold = true;
    } catch (failure) {
      record.failed('failover', failure);
    }
  }

  async function putThemBack(): Promise<void> {
    record.enter('putting-back');
    // Nobody is let in before the timers have fired.
    if (broke && story === 'all-masters') await sleep(Math.max(0, armedUntil - Date.now()));
    await runAll(steps.putBack(hosts));
    record.enter('back');
    if (broke && ended === undefined) await record.wait(times.after);
    if (isTold) await leaveAlone(Date.now());
    record.enter('reporting');
    const written = await run<Pick<DrillStatus, 'folder' | 'report' | 'markdown' | 'svg'>>(
      steps.report(record.status.what),
    );
    if (written) record.written(written);
  }
}
