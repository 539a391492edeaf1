import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
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
export async function drill({ spec, story, seconds }: DrillInput): Promise<DrillStatus> {
  const record = new DrillRecord(spec.name, story);
  const steps = drillSteps(spec, story, seconds);
  const times = drillTimes(story, seconds);
  const targets = Object.fromEntries(spec.hosts.map(({ name, ssh }) => [name, ssh]));
  const contextOf = contextFrom({ cluster: spec.name, targets }, workflowInfo().firstExecutionRunId);
  const answerTo = <T>(step: Step) => execute(step, { ...contextOf(step), job: 1 }) as Promise<T>;
  const run = async <T>(step: Step) =>
    answerTo<T>(step).catch((failure: unknown) => record.failed(step.host, failure));
  const runAll = (list: readonly Step[]) => together(list.map((step) => run(step)));

  const checked = await run<{ readonly hosts: readonly string[] }>(steps.check);
  if (!checked) return record.end();
  const { hosts } = checked;
  record.about(hosts);

  let cancelled: Error | undefined;
  let broke = false;
  try {
    await breakThem();
  } catch (failure) {
    if (!(failure instanceof Error) || !isCancellation(failure)) throw failure;
    cancelled = failure;
    record.problem('it was cancelled');
  }
  await CancellationScope.nonCancellable(putThemBack);
  if (cancelled !== undefined) throw cancelled;
  return record.end();

  async function breakThem(): Promise<void> {
    record.enter('probing');
    await run(steps.probe);
    await record.wait(times.before);
    if (story !== 'all-masters') await leaveAlone();
    if (!record.isWell) return;
    record.enter('arming');
    await runAll(steps.arm(hosts));
    // A host without a timer of its own is not broken, and then none is: half a story tells nothing.
    if (!record.isWell) return;
    record.armed(times.timer);
    record.enter('broken');
    broke = true;
    await runAll(steps.break(hosts));
    if (record.isWell) await record.wait(times.broken);
  }

  /** Healing would put back what is broken on purpose. */
  async function leaveAlone(): Promise<void> {
    const until = Date.now() + (times.timer + times.after) * 1000;
    await getExternalWorkflowHandle(failoverId(spec.name))
      .signal(leaveAloneSignal, { hosts, until })
      .catch((failure: unknown) => record.failed('failover', failure));
  }

  async function putThemBack(): Promise<void> {
    record.enter('putting-back');
    await runAll(steps.putBack(hosts));
    record.enter('back');
    if (broke && cancelled === undefined) await record.wait(times.after);
    record.enter('reporting');
    const written = await run<Pick<DrillStatus, 'folder' | 'report' | 'markdown'>>(
      steps.report(record.status.what),
    );
    if (written) record.written(written);
  }
}
